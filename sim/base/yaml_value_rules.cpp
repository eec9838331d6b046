#include "sim/base/yaml_value_rules.h"

#include <fmt/format.h>

#include "sim/base/yaml_rules.h"
#include "sim/base/yaml_scalar.h"

namespace sim::base {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxValues = 100'000;
constexpr std::size_t kMaxKeyBytes = 256;

}  // namespace

bool YamlValueRules::next_line() {
  if (next_ == lines_.size()) return false;
  line_ = {lines_[next_++]};
  return true;
}

void YamlValueRules::fail(const std::string& why) const { throw YamlRuleError(next_, why); }

void YamlValueRules::fail_start(char first) const {
  const std::string_view known = first == '&'   ? "an anchor"
                                 : first == '*' ? "a reference to an anchor"
                                 : first == '!' ? "a tag"
                                 : first == '%' ? "a directive"
                                 : first == '?' ? "a key with ?"
                                                : "a sign with a meaning of its own";
  fail(fmt::format("begins with {}: {}; write quotes around a text", first, known));
}

void YamlValueRules::refuse_marker() const {
  if (line_.is_marker()) fail("a second document; a file is one");
}

void YamlValueRules::go_on(std::size_t column) {
  if (!line_.starts_plain(column, false)) {
    fail("goes on a text of the line above; write quotes or | for such a text");
  }
  plain_to_end(column);
}

std::size_t YamlValueRules::key_end(std::size_t column) const {
  const char first = line_.at(column);
  std::size_t end = YamlScanner::kNone;
  if (first == '"' || first == '\'') {
    end = quoted(column);
  } else if (line_.starts_plain(column, false)) {
    end = line_.plain_end(column, false);
  }
  return end != YamlScanner::kNone && line_.is_colon(end) ? end : YamlScanner::kNone;
}

void YamlValueRules::count(std::size_t depth) {
  if (depth > kMaxDepth) {
    fail(fmt::format("nested more than {} levels deep", kMaxDepth));
  }
  if (++values_ > kMaxValues) {
    fail(fmt::format("more than the {} values that a file of keys may have", kMaxValues));
  }
}

void YamlValueRules::check_key(std::string_view key, std::size_t depth) {
  count(depth);
  if (key.size() > kMaxKeyBytes) fail(fmt::format("a key of more than {} bytes", kMaxKeyBytes));
  const bool is_quoted = key.front() == '"' || key.front() == '\'';
  if (!is_quoted && (key == "<<" || key.ends_with(' ') || !is_text(key))) {
    fail(fmt::format("{}: not a key; a key is text, the colon right behind it",
                     key.substr(0, key.find_last_not_of(' ') + 1)));
  }
}

bool YamlValueRules::is_text(std::string_view plain) const {
  try {
    return typed_scalar(plain).is_string();
  } catch (const ConfigError& e) {
    fail(e.what());
  }
}

void YamlValueRules::check_value(std::size_t at, const YamlPlace& place) {
  count(place.depth);
  const char first = line_.at(at);
  if (first == '|' || first == '>') {
    block_text(at, place);
  } else if (first == '[' || first == '{') {
    end_of_line(bracketed(at, place.depth));
  } else if (first == '"' || first == '\'') {
    end_of_line(quoted(at));
  } else if (line_.starts_plain(at, false)) {
    plain_to_end(at);
  } else {
    fail_start(first);
  }
}

void YamlValueRules::end_of_line(std::size_t at) const {
  if (!line_.is_rest(at)) fail("more text behind the end of a value");
}

void YamlValueRules::plain_to_end(std::size_t at) {
  const std::size_t end = line_.plain_end(at, false);
  if (line_.at(end) == ':') fail("a colon within a plain text; write quotes around it");
  const std::string_view text = line_.line.substr(at, end - at);
  if (!plain_) is_text(text.substr(0, text.find_last_not_of(' ') + 1));
  plain_ = end == line_.line.size();
}

std::size_t YamlValueRules::quoted(std::size_t at) const {
  const std::size_t end = line_.quoted_end(at);
  if (end == YamlScanner::kNone) {
    fail("a quote that does not end on its line, or a \\ that is not one of JSON's");
  }
  return end;
}

void YamlValueRules::block_text(std::size_t at, const YamlPlace& place) {
  const bool folded = line_.at(at) == '>';
  if (line_.skip_spaces(at + (line_.at(at + 1) == '-' ? 2 : 1)) < line_.line.size() ||
      place.depth == 0) {
    fail("a text of several lines begins with |, |-, > or >- behind a key or a dash");
  }
  std::size_t inner = 0;
  for (; next_ < lines_.size(); next_line()) {
    const std::string& line = lines_[next_];
    const std::size_t column = line.find_first_not_of(' ');
    if (line.empty()) continue;
    if (column <= place.column) break;
    if (inner == 0) inner = column;
    if (column < inner || (folded && column > inner)) {
      next_line();
      fail("indented unlike the first line of its text");
    }
  }
  if (inner == 0) fail("a text of several lines has none");
}

std::size_t YamlValueRules::bracketed(std::size_t at, std::size_t depth) {
  const char closing = line_.at(at) == '[' ? ']' : '}';
  ++depth;
  count(depth);
  at = bracketed_space(at + 1);
  while (line_.at(at) != closing) {
    if (closing == '}') at = bracketed_key(at, depth);
    at = bracketed_space(bracketed_node(at, depth));
    if (line_.at(at) == ',') {
      at = bracketed_space(at + 1);
    } else if (line_.at(at) != closing) {
      fail(fmt::format("neither , nor {} behind a value in brackets", closing));
    }
  }
  return at + 1;
}

/// The next sign, on this line or a later one.
std::size_t YamlValueRules::bracketed_space(std::size_t at) {
  const auto is_end = [&] { return line_.is_rest(at) || (at == 0 && line_.at(0) == '#'); };
  while (is_end()) {
    if (!next_line()) fail("a bracket that does not close");
    refuse_marker();
    at = 0;
  }
  return line_.skip_spaces(at);
}

std::size_t YamlValueRules::bracketed_scalar(std::size_t at) const {
  const char first = line_.at(at);
  if (first == '"' || first == '\'') return quoted(at);
  if (!line_.starts_plain(at, true)) fail_start(first);
  return line_.plain_end(at, true);
}

std::size_t YamlValueRules::bracketed_key(std::size_t at, std::size_t depth) {
  const std::size_t end = bracketed_scalar(at);
  if (!line_.is_colon(end)) fail("not a key with a colon and a space after it");
  check_key(line_.line.substr(at, end - at), depth);
  return bracketed_space(end + 1);
}

std::size_t YamlValueRules::bracketed_node(std::size_t at, std::size_t depth) {
  const char first = line_.at(at);
  if (first == '[' || first == '{') return bracketed(at, depth);
  const std::size_t end = bracketed_scalar(at);
  count(depth);
  if (line_.at(end) == ':') fail("a colon within a plain text; write quotes around it");
  if (first != '"' && first != '\'') {
    const std::string_view text = line_.line.substr(at, end - at);
    is_text(text.substr(0, text.find_last_not_of(' ') + 1));
  }
  return end;
}

}  // namespace sim::base
