#pragma once

#include <cstddef>
#include <string_view>

namespace sim::base {

/// How the parts of one line of YAML end, by the rules of docs/yaml.md. Positions count bytes;
/// `kNone` says that no such part begins there.
struct YamlScanner {
  static constexpr std::size_t kNone = std::string_view::npos;

  std::string_view line;

  char at(std::size_t i) const { return i < line.size() ? line[i] : '\0'; }  // NUL: the end
  bool ends_or_space(std::size_t i) const { return i >= line.size() || line[i] == ' '; }
  std::size_t skip_spaces(std::size_t i) const;
  bool is_dash(std::size_t i) const { return at(i) == '-' && ends_or_space(i + 1); }
  bool is_colon(std::size_t i) const { return at(i) == ':' && ends_or_space(i + 1); }
  /// `---` or `...`, at the start of a line.
  bool is_marker() const;
  /// Nothing but spaces or a comment from here on.
  bool is_rest(std::size_t i) const;
  /// Whether a plain text can begin here; `in_brackets`: within [ ] or { }.
  bool starts_plain(std::size_t i, bool in_brackets) const;
  std::size_t plain_end(std::size_t i, bool in_brackets) const;
  /// Behind the closing quote.
  std::size_t quoted_end(std::size_t i) const;

 private:
  std::size_t escape_end(std::size_t i) const;
};

}  // namespace sim::base
