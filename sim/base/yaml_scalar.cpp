#include "sim/base/yaml_scalar.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "sim/base/error.h"

namespace sim::base {
namespace {

using Json = nlohmann::ordered_json;

/// Takes digits off the front; how many.
std::size_t take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  text.remove_prefix(count);
  return count;
}

bool take_one_of(std::string_view& text, std::string_view signs) {
  if (text.empty() || signs.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

enum class Form { kText, kWhole, kReal };

Form form_of(std::string_view text) {
  take_one_of(text, "-");
  const bool zero = text.starts_with('0');
  const std::size_t digits = take_digits(text);
  if (digits == 0 || (zero && digits > 1)) return Form::kText;
  if (text.empty()) return Form::kWhole;
  if (take_one_of(text, ".") && take_digits(text) == 0) return Form::kText;
  if (take_one_of(text, "eE")) {
    take_one_of(text, "+-");
    if (take_digits(text) == 0) return Form::kText;
  }
  return text.empty() ? Form::kReal : Form::kText;
}

template <class T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Json whole(std::string_view text) {
  if (text == "-0") return std::uint64_t{0};
  if (const auto value = parsed<std::uint64_t>(text)) return *value;
  if (const auto value = parsed<std::int64_t>(text)) return *value;
  throw ConfigError("a whole number beyond -2^63 to 2^64 - 1; in quotes it is text");
}

Json real(std::string_view text) {
  const bool is_zero =
      text.substr(0, text.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos;
  if (is_zero) return text.starts_with('-') ? -0.0 : 0.0;
  const auto value = parsed<double>(text);
  if (!value || !std::isfinite(*value) || *value == 0) {
    throw ConfigError("a number beyond those that a double can hold");
  }
  return *value;
}

}  // namespace

Json typed_scalar(std::string_view text) {
  if (text.empty() || text == "null" || text == "~") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  if (text == "Null" || text == "NULL") {  // nothing to other parsers
    throw ConfigError(fmt::format("{}: write null, or quotes around it", text));
  }
  switch (form_of(text)) {
    case Form::kText:
      return std::string(text);
    case Form::kWhole:
      return whole(text);
    case Form::kReal:
      return real(text);
  }
  return nullptr;
}

Json typed_scalar(const YAML::Node& node) {
  if (node.IsNull()) return nullptr;
  const bool quoted = node.Tag() == "!";
  return quoted ? Json(node.Scalar()) : typed_scalar(std::string_view(node.Scalar()));
}

}  // namespace sim::base
