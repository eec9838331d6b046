#include "sim/values/text.h"

#include <string_view>

#include "sim/base/check.h"

namespace sim::values {
namespace {

constexpr std::string_view kSpace = "\u2581";

std::string replace_spaces(std::string_view piece) {
  std::string text;
  for (std::size_t at = piece.find(kSpace); at != piece.npos; at = piece.find(kSpace)) {
    text += piece.substr(0, at);
    text += ' ';
    piece.remove_prefix(at + kSpace.size());
  }
  return text.append(piece);
}

std::string text_of(const std::string& piece) {
  if (piece == "<s>" || piece == "</s>" || piece == "<pad>") return "";
  if (piece == "<unk>") return " \u2047 ";
  return replace_spaces(piece);
}

}  // namespace

std::string detokenize(std::span<const std::string> vocabulary,
                       std::span<const std::int32_t> tokens) {
  std::string text;
  for (const std::int32_t token : tokens) {
    const auto index = static_cast<std::size_t>(token);
    SIM_CHECK(index < vocabulary.size(), "token {} of {}", token, vocabulary.size());
    text += text_of(vocabulary[index]);
  }
  return text.starts_with(' ') ? text.substr(1) : text;
}

}  // namespace sim::values
