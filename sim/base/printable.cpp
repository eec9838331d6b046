#include "sim/base/printable.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "sim/base/utf8.h"

namespace sim::base {
namespace {

constexpr std::string_view kEllipsis = "…";

bool is_unsafe(char32_t code) {
  const auto within = [code](char32_t from, char32_t to) { return code >= from && code <= to; };
  return code < 0x20 || within(0x7f, 0x9f) || within(0x2028, 0x202e) || within(0x2066, 0x2069);
}

/// A piece of text that is kept or dropped whole: a character, or the escape that stands for it.
struct Piece {
  std::string text;
  std::size_t width;  // characters
};

/// Takes the first piece off `rest`, which is not empty.
Piece take(std::string_view& rest) {
  const std::size_t length = utf8_length(rest);
  const std::string_view bytes = rest.substr(0, length == 0 ? 1 : length);
  rest.remove_prefix(bytes.size());
  if (length == 0) return {fmt::format("\\x{:02x}", static_cast<std::uint8_t>(bytes[0])), 4};
  const char32_t code = utf8_code_point(bytes, length);
  if (!is_unsafe(code)) return {std::string(bytes), 1};
  const auto number = static_cast<std::uint32_t>(code);
  std::string escape =
      fmt::format(code < 0x80 ? fmt::runtime("\\x{:02x}") : fmt::runtime("\\u{{{:04x}}}"), number);
  const std::size_t width = escape.size();
  return {std::move(escape), width};
}

/// As many pieces as fit into `width`, from the first to the last of the range.
template <class Iterator>
Iterator fitting(Iterator first, Iterator last, std::size_t width) {
  while (first != last && first->width <= width) width -= (first++)->width;
  return first;
}

std::string shortened(const std::vector<Piece>& pieces, std::size_t max) {
  const std::size_t sides = max > 0 ? max - 1 : 0;
  const auto head = fitting(pieces.begin(), pieces.end(), sides - sides / 2);
  const auto tail = fitting(pieces.rbegin(), pieces.rend(), sides / 2).base();
  std::string text;
  for (auto piece = pieces.begin(); piece != head; ++piece) text += piece->text;
  text += kEllipsis;
  for (auto piece = tail; piece != pieces.end(); ++piece) text += piece->text;
  return text;
}

}  // namespace

std::string printable(std::string_view text, std::size_t max) {
  // Text that is far too long is cut before it is looked at: no piece is longer than 8 characters,
  // and each character is of at most 4 bytes.
  const std::size_t side =
      max < std::numeric_limits<std::size_t>::max() / 16 ? 4 * max + 4 : text.size();
  std::vector<Piece> pieces;
  std::size_t width = 0;
  const auto add = [&](std::string_view rest) {
    while (!rest.empty()) width += pieces.emplace_back(take(rest)).width;
  };
  const bool cut = text.size() > 2 * side;
  add(cut ? text.substr(0, side) : text);
  if (cut) add(text.substr(text.size() - side));
  if (cut || width > max) return shortened(pieces, max);
  std::string whole;
  for (const Piece& piece : pieces) whole += piece.text;
  return whole;
}

std::string printable_lines(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const bool is_line_feed = text.front() == '\n';
    shown += is_line_feed ? "\n" : take(text).text;
    if (is_line_feed) text.remove_prefix(1);
  }
  return shown;
}

}  // namespace sim::base
