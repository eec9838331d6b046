#include "sim/base/yaml_scanner.h"

#include <algorithm>
#include <cctype>

namespace sim::base {
namespace {

constexpr std::string_view kBrackets = ",[]{}";
constexpr std::string_view kIndicators = "-,[]{}#&*!|>'\"%@`?: ";
constexpr std::string_view kEscapes = "\"\\/bfnrt";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

bool is_one_of(char sign, std::string_view signs) {
  return signs.find(sign) != std::string_view::npos;
}

}  // namespace

std::size_t YamlScanner::skip_spaces(std::size_t i) const {
  while (at(i) == ' ') ++i;
  return i;
}

bool YamlScanner::is_marker() const {
  return (line.starts_with("---") || line.starts_with("...")) && ends_or_space(3);
}

bool YamlScanner::is_rest(std::size_t i) const {
  const std::size_t next = skip_spaces(i);
  return next >= line.size() || (line[next] == '#' && next > i);
}

bool YamlScanner::starts_plain(std::size_t i, bool in_brackets) const {
  if (i >= line.size()) return false;
  if (line[i] != '-') return !is_one_of(line[i], kIndicators);
  return !ends_or_space(i + 1) && !(in_brackets && is_one_of(line[i + 1], kBrackets));
}

std::size_t YamlScanner::plain_end(std::size_t i, bool in_brackets) const {
  for (; i < line.size(); ++i) {
    if (line[i] == ' ' && at(i + 1) == '#') break;
    if (is_colon(i)) break;
    if (in_brackets && (is_one_of(line[i], kBrackets) || line[i] == '?')) break;
    if (in_brackets && line[i] == ':' && is_one_of(at(i + 1), kBrackets)) break;
  }
  return i;
}

std::size_t YamlScanner::escape_end(std::size_t i) const {
  if (i < line.size() && is_one_of(line[i], kEscapes)) return i + 1;
  const std::string_view digits = line.substr(std::min(i + 1, line.size()), 4);
  if (at(i) != 'u' || digits.size() != 4 || digits == "0000") return kNone;
  if (digits.find_first_not_of(kHexDigits) != std::string_view::npos) return kNone;
  const bool surrogate = (digits[0] == 'd' || digits[0] == 'D') &&
                         (digits[1] == '8' || digits[1] == '9' || std::isalpha(digits[1]) != 0);
  return surrogate ? kNone : i + 5;
}

std::size_t YamlScanner::quoted_end(std::size_t i) const {
  const char quote = line[i];
  for (++i; i < line.size();) {
    if (quote == '"' && line[i] == '\\') {
      i = escape_end(i + 1);
      if (i == kNone) return kNone;
    } else if (line[i] != quote) {
      ++i;
    } else if (quote == '\'' && at(i + 1) == '\'') {
      i += 2;
    } else {
      return i + 1;
    }
  }
  return kNone;
}

}  // namespace sim::base
