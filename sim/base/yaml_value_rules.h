#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/yaml_scanner.h"

namespace sim::base {

/// The innermost block of keys or list around a value, and how many there are.
struct YamlPlace {
  std::size_t depth = 0;
  std::size_t column = 0;  // of the innermost one; none is open: 0
};

/// Checks values and keys by the rules of docs/yaml.md, and moves on through the lines of a text as
/// it reads them. Throws YamlRuleError with the line that it has come to. How blocks of keys and
/// lists hold together is no concern of it.
class YamlValueRules {
 public:
  explicit YamlValueRules(const std::vector<std::string>& lines) : lines_(lines) {}

  bool next_line();
  const YamlScanner& line() const { return line_; }
  [[noreturn]] void fail(const std::string& why) const;
  void refuse_marker() const;

  /// One more value, within so many blocks and lists.
  void count(std::size_t depth);
  void check_key(std::string_view key, std::size_t depth);
  /// Where the colon stands if a key begins here.
  std::size_t key_end(std::size_t column) const;
  /// All of a value that begins on this line.
  void check_value(std::size_t at, const YamlPlace& place);

  /// Whether the line above ended in a plain text, which may go on.
  bool may_go_on() const { return plain_; }
  void go_on(std::size_t column);
  void end_text() { plain_ = false; }

 private:
  [[noreturn]] void fail_start(char first) const;
  bool is_text(std::string_view plain) const;
  void end_of_line(std::size_t at) const;
  void plain_to_end(std::size_t at);
  std::size_t quoted(std::size_t at) const;
  void block_text(std::size_t at, const YamlPlace& place);

  // Within brackets: each returns the place behind what it reads.
  std::size_t bracketed(std::size_t at, std::size_t depth);
  std::size_t bracketed_space(std::size_t at);
  std::size_t bracketed_scalar(std::size_t at) const;
  std::size_t bracketed_key(std::size_t at, std::size_t depth);
  std::size_t bracketed_node(std::size_t at, std::size_t depth);

  const std::vector<std::string>& lines_;
  std::size_t next_ = 0;  // index of the line after this one
  YamlScanner line_;
  bool plain_ = false;
  std::size_t values_ = 0;
};

}  // namespace sim::base
