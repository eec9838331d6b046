#include "sim/base/yaml_lines.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "sim/base/yaml_rules.h"

namespace sim::base {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Takes one character off the front; nothing when the bytes are not UTF-8.
std::optional<std::uint32_t> take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || text.size() < length) return std::nullopt;
  std::uint32_t code = length == 1 ? first : first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::nullopt;
  text.remove_prefix(length);
  return code;
}

bool is_text(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  const bool breaks = code == 0x2028 || code == 0x2029;
  return !control && !breaks && code != 0xFEFF && code != 0xFFFE && code != 0xFFFF;
}

void check_encoding(std::string_view text) {
  std::size_t line = 1;
  while (!text.empty()) {
    const auto code = take_character(text);
    if (!code) throw YamlRuleError(line, "not UTF-8 text");
    if (*code == '\n') ++line;
  }
}

void check_characters(std::string_view line, std::size_t number) {
  while (!line.empty()) {
    const auto code = take_character(line);
    if (*code == '\t') throw YamlRuleError(number, "a tab; write spaces");
    if (!is_text(*code)) {
      throw YamlRuleError(number, fmt::format("the character U+{:04X}, which is not text", *code));
    }
  }
}

}  // namespace

std::vector<std::string> yaml_lines(std::string_view text) {
  if (text.size() > kMaxBytes) {
    throw YamlRuleError(1, fmt::format("{} bytes, more than the {} that a file of keys may have",
                                       text.size(), kMaxBytes));
  }
  check_encoding(text);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> lines;
  for (bool last = false; !last;) {
    const std::size_t end = text.find('\n');
    last = end == std::string_view::npos;
    std::string_view line = text.substr(0, end);
    if (!last && line.ends_with('\r')) line.remove_suffix(1);
    check_characters(line, lines.size() + 1);
    lines.emplace_back(line.find_first_not_of(' ') == std::string_view::npos ? "" : line);
    if (!last) text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace sim::base
