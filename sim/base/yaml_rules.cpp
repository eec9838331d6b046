#include "sim/base/yaml_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sim/base/yaml_lines.h"
#include "sim/base/yaml_scalar.h"
#include "sim/base/yaml_scanner.h"

namespace sim::base {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxValues = 100'000;
constexpr std::size_t kMaxKeyBytes = 256;

/// A block of keys or a list whose entries stand in one column.
struct Open {
  std::size_t column;
  bool is_list;
  bool waits = true;  // for the value of the last entry
};

class Checker {
 public:
  explicit Checker(const std::vector<std::string>& lines) : lines_(lines) {}

  void file();
  void value();

 private:
  bool next_line();
  [[noreturn]] void fail(const std::string& why) const;
  [[noreturn]] void fail_start(char first) const;
  void refuse_marker() const;

  // Lines of blocks and lists.
  void content(std::size_t column);
  bool is_below(std::size_t column) const { return open_.empty() || column > open_.back().column; }
  bool ends_list(bool is_entry) const;
  void node(std::size_t column);
  void entry(std::size_t column);
  void after_key(std::size_t start, std::size_t end);
  std::size_t key_end(std::size_t column) const;
  void push(std::size_t column, bool is_list);
  void fill();

  // Values.
  void count();
  void check_key(std::string_view key);
  bool is_text(std::string_view plain) const;
  void value_at(std::size_t at);
  void end_of_line(std::size_t at) const;
  void plain_to_end(std::size_t at);
  std::size_t quoted(std::size_t at) const;
  void block_text(std::size_t at);

  // Within brackets: each returns the place behind what it reads.
  std::size_t bracketed(std::size_t at);
  std::size_t bracketed_space(std::size_t at);
  std::size_t bracketed_scalar(std::size_t at) const;
  std::size_t bracketed_key(std::size_t at);
  std::size_t bracketed_node(std::size_t at);

  const std::vector<std::string>& lines_;
  std::size_t next_ = 0;  // index of the line after this one
  YamlScanner line_;
  std::vector<Open> open_;
  bool root_waits_ = true;
  bool plain_ = false;  // the line above ended in a plain text, which may go on
  std::size_t bracket_depth_ = 0;
  std::size_t values_ = 0;
};

void Checker::file() {
  for (bool started = false; next_line();) {
    const std::size_t column = line_.skip_spaces(0);
    if (column >= line_.line.size() || line_.line[column] == '#') {
      plain_ = false;
    } else if (!started && line_.is_marker() && line_.at(0) == '-' && line_.is_rest(3)) {
      started = true;
    } else {
      refuse_marker();
      started = true;
      content(column);
    }
  }
}

void Checker::value() {
  next_line();
  if (!line_.is_rest(0)) {
    refuse_marker();
    value_at(line_.skip_spaces(0));
  }
  while (next_line()) {
    if (!line_.is_rest(0)) fail("more text behind the end of a value");
  }
}

bool Checker::next_line() {
  if (next_ == lines_.size()) return false;
  line_ = {lines_[next_++]};
  return true;
}

void Checker::fail(const std::string& why) const { throw YamlRuleError(next_, why); }

void Checker::fail_start(char first) const {
  const std::string_view known = first == '&'   ? "an anchor"
                                 : first == '*' ? "a reference to an anchor"
                                 : first == '!' ? "a tag"
                                 : first == '%' ? "a directive"
                                 : first == '?' ? "a key with ?"
                                                : "a sign with a meaning of its own";
  fail(fmt::format("begins with {}: {}; write quotes around a text", first, known));
}

void Checker::refuse_marker() const {
  if (line_.is_marker()) fail("a second document; a file is one");
}

void Checker::content(std::size_t column) {
  if (plain_ && is_below(column)) {
    if (!line_.starts_plain(column, false)) {
      fail("goes on a text of the line above; write quotes or | for such a text");
    }
    return plain_to_end(column);
  }
  plain_ = false;
  const bool is_entry = line_.is_dash(column);
  while (!open_.empty() &&
         (column < open_.back().column || (column == open_.back().column && ends_list(is_entry)))) {
    open_.pop_back();
  }
  if (is_below(column)) {
    if (!(open_.empty() ? root_waits_ : open_.back().waits)) {
      fail("indented unlike the lines above it");
    }
    return node(column);
  }
  Open& top = open_.back();
  if (is_entry && !top.is_list && top.waits) return node(column);
  if (is_entry != top.is_list) fail("a list and keys in one column");
  top.waits = true;
  entry(column);
}

/// A list may stand in the column of the key that it belongs to: a key ends it.
bool Checker::ends_list(bool is_entry) const {
  return open_.back().is_list && !is_entry && open_.size() > 1 &&
         open_[open_.size() - 2].column == open_.back().column;
}

/// A value, or the first entry of a block of keys or a list that begins in this column.
void Checker::node(std::size_t column) {
  if (line_.is_dash(column)) {
    push(column, true);
    return entry(column);
  }
  const std::size_t end = key_end(column);
  if (end == YamlScanner::kNone) return value_at(column);
  push(column, false);
  after_key(column, end);
}

void Checker::entry(std::size_t column) {
  if (open_.back().is_list) {
    if (!line_.is_rest(column + 1)) node(line_.skip_spaces(column + 1));
    return;
  }
  const std::size_t end = key_end(column);
  if (end == YamlScanner::kNone) fail("not a key with a colon and a space after it");
  after_key(column, end);
}

void Checker::after_key(std::size_t start, std::size_t end) {
  check_key(line_.line.substr(start, end - start));
  if (line_.is_rest(end + 1)) return;
  const std::size_t at = line_.skip_spaces(end + 1);
  if (line_.is_dash(at)) fail("a list begins on a line of its own");
  value_at(at);
}

/// Where the colon stands if a key begins here.
std::size_t Checker::key_end(std::size_t column) const {
  const char first = line_.at(column);
  std::size_t end = YamlScanner::kNone;
  if (first == '"' || first == '\'') {
    end = quoted(column);
  } else if (line_.starts_plain(column, false)) {
    end = line_.plain_end(column, false);
  }
  return end != YamlScanner::kNone && line_.is_colon(end) ? end : YamlScanner::kNone;
}

void Checker::push(std::size_t column, bool is_list) {
  fill();
  open_.push_back({column, is_list});
  count();
}

void Checker::fill() {
  if (!open_.empty()) open_.back().waits = false;
  root_waits_ = false;
}

void Checker::count() {
  if (open_.size() + bracket_depth_ > kMaxDepth) {
    fail(fmt::format("nested more than {} levels deep", kMaxDepth));
  }
  if (++values_ > kMaxValues) {
    fail(fmt::format("more than the {} values that a file of keys may have", kMaxValues));
  }
}

void Checker::check_key(std::string_view key) {
  count();
  if (key.size() > kMaxKeyBytes) fail(fmt::format("a key of more than {} bytes", kMaxKeyBytes));
  const bool is_quoted = key.front() == '"' || key.front() == '\'';
  if (!is_quoted && (key == "<<" || key.ends_with(' ') || !is_text(key))) {
    fail(fmt::format("{}: not a key; a key is text, the colon right behind it",
                     key.substr(0, key.find_last_not_of(' ') + 1)));
  }
}

bool Checker::is_text(std::string_view plain) const {
  try {
    return typed_scalar(plain).is_string();
  } catch (const ConfigError& e) {
    fail(e.what());
  }
}

/// All of a value that begins on this line.
void Checker::value_at(std::size_t at) {
  count();
  const char first = line_.at(at);
  if (first == '|' || first == '>') {
    block_text(at);
  } else if (first == '[' || first == '{') {
    end_of_line(bracketed(at));
  } else if (first == '"' || first == '\'') {
    end_of_line(quoted(at));
  } else if (line_.starts_plain(at, false)) {
    plain_to_end(at);
  } else {
    fail_start(first);
  }
  fill();
}

void Checker::end_of_line(std::size_t at) const {
  if (!line_.is_rest(at)) fail("more text behind the end of a value");
}

void Checker::plain_to_end(std::size_t at) {
  const std::size_t end = line_.plain_end(at, false);
  if (line_.at(end) == ':') fail("a colon within a plain text; write quotes around it");
  const std::string_view text = line_.line.substr(at, end - at);
  if (!plain_) is_text(text.substr(0, text.find_last_not_of(' ') + 1));
  plain_ = end == line_.line.size();
}

std::size_t Checker::quoted(std::size_t at) const {
  const std::size_t end = line_.quoted_end(at);
  if (end == YamlScanner::kNone) {
    fail("a quote that does not end on its line, or a \\ that is not one of JSON's");
  }
  return end;
}

void Checker::block_text(std::size_t at) {
  const bool folded = line_.at(at) == '>';
  if (line_.skip_spaces(at + (line_.at(at + 1) == '-' ? 2 : 1)) < line_.line.size() ||
      open_.empty()) {
    fail("a text of several lines begins with |, |-, > or >- behind a key or a dash");
  }
  std::size_t inner = 0;
  for (; next_ < lines_.size(); next_line()) {
    const std::string& line = lines_[next_];
    const std::size_t column = line.find_first_not_of(' ');
    if (line.empty()) continue;
    if (column <= open_.back().column) break;
    if (inner == 0) inner = column;
    if (column < inner || (folded && column > inner)) {
      next_line();
      fail("indented unlike the first line of its text");
    }
  }
  if (inner == 0) fail("a text of several lines has none");
}

std::size_t Checker::bracketed(std::size_t at) {
  const char closing = line_.at(at) == '[' ? ']' : '}';
  ++bracket_depth_;
  count();
  at = bracketed_space(at + 1);
  while (line_.at(at) != closing) {
    if (closing == '}') at = bracketed_key(at);
    at = bracketed_space(bracketed_node(at));
    if (line_.at(at) == ',') {
      at = bracketed_space(at + 1);
    } else if (line_.at(at) != closing) {
      fail(fmt::format("neither , nor {} behind a value in brackets", closing));
    }
  }
  --bracket_depth_;
  return at + 1;
}

/// The next sign, on this line or a later one.
std::size_t Checker::bracketed_space(std::size_t at) {
  const auto is_end = [&] { return line_.is_rest(at) || (at == 0 && line_.at(0) == '#'); };
  while (is_end()) {
    if (!next_line()) fail("a bracket that does not close");
    refuse_marker();
    at = 0;
  }
  return line_.skip_spaces(at);
}

std::size_t Checker::bracketed_scalar(std::size_t at) const {
  const char first = line_.at(at);
  if (first == '"' || first == '\'') return quoted(at);
  if (!line_.starts_plain(at, true)) fail_start(first);
  return line_.plain_end(at, true);
}

std::size_t Checker::bracketed_key(std::size_t at) {
  const std::size_t end = bracketed_scalar(at);
  if (!line_.is_colon(end)) fail("not a key with a colon and a space after it");
  check_key(line_.line.substr(at, end - at));
  return bracketed_space(end + 1);
}

std::size_t Checker::bracketed_node(std::size_t at) {
  const char first = line_.at(at);
  if (first == '[' || first == '{') return bracketed(at);
  const std::size_t end = bracketed_scalar(at);
  count();
  if (line_.at(end) == ':') fail("a colon within a plain text; write quotes around it");
  if (first != '"' && first != '\'') {
    const std::string_view text = line_.line.substr(at, end - at);
    is_text(text.substr(0, text.find_last_not_of(' ') + 1));
  }
  return end;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).push_back('\n');
  return text;
}

}  // namespace

std::string checked_yaml(std::string_view text) {
  const std::vector<std::string> lines = yaml_lines(text);
  Checker(lines).file();
  return joined(lines);
}

std::string checked_yaml_value(std::string_view text) {
  const std::vector<std::string> lines = yaml_lines(text);
  Checker(lines).value();
  return joined(lines);
}

}  // namespace sim::base
