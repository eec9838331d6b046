// The keys of a ConfigReader that hold a value or a list of values: read, checked, documented and
// recorded. Files, blocks and places are in config_reader.cpp.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/base/config_reader.h"
#include "sim/base/key_doc.h"
#include "sim/base/nearest.h"
#include "sim/base/printable.h"
#include "sim/base/yaml_scalar.h"

namespace sim::base {
namespace {

std::optional<std::uint64_t> whole_number(const YAML::Node& node) {
  const auto value = typed_scalar(node);
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<std::uint64_t>();
}

std::optional<double> any_number(const YAML::Node& node) {
  const auto value = typed_scalar(node);
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

/// As it stands in the file, for a message.
std::string shown(const YAML::Node& node) {
  const std::string text = printable(node.Scalar());
  return node.Tag() == "!" ? fmt::format("\"{}\"", text) : text;
}

/// What is wrong with a text that would not reach a terminal or a table as it is; else nothing.
std::optional<std::string> fault_of(const std::string& text) {
  if (printable(text, std::numeric_limits<std::size_t>::max()) == text) return std::nullopt;
  return fmt::format("'{}' has a character that cannot be printed", printable(text));
}

}  // namespace

std::optional<YAML::Node> ConfigReader::scalar(std::string_view name) {
  known_.emplace(name);
  const YAML::Node value = (*node_)[std::string(name)];
  if (!value.IsDefined()) return std::nullopt;
  if (value.IsNull()) fail(name, "has no value");
  if (!value.IsScalar()) fail(name, "must be one value, not a block or a list");
  return value;
}

std::optional<std::string> ConfigReader::scalar_text(std::string_view name) {
  const auto value = scalar(name);
  return value ? std::optional(value->Scalar()) : std::nullopt;
}

template <class Key>
void ConfigReader::document_number(const Key& key, std::string_view type) {
  KeyDoc doc{.path = std::string(key.name),
             .type = std::string(type),
             .unit = std::string(key.unit),
             .minimum = key.min,
             .maximum = key.max,
             .required = !key.fallback,
             .meaning = std::string(key.meaning)};
  if (doc.maximum == std::numeric_limits<double>::max()) doc.maximum = nullptr;
  if (key.fallback) doc.fallback = *key.fallback;
  document(std::move(doc));
}

std::uint64_t ConfigReader::integer(const IntegerKey& key) {
  document_number(key, "integer");
  const auto given = scalar(key.name);
  std::uint64_t value = key.fallback.value_or(key.min);
  if (given) {
    const auto parsed = whole_number(*given);
    if (!parsed || *parsed < key.min || *parsed > key.max) {
      fail(key.name,
           fmt::format("'{}' is not a whole number {}{}{}", shown(*given),
                       integer_range(key.min, key.max), key.unit.empty() ? "" : " ", key.unit));
    }
    value = *parsed;
  } else if (!key.fallback && !describing()) {
    fail(key.name, fmt::format("is required: a whole number {} {}", integer_range(key.min, key.max),
                               key.unit));
  }
  record(key.name, value);
  return value;
}

std::uint32_t ConfigReader::integer32(const IntegerKey& key) {
  IntegerKey bounded = key;
  bounded.max = std::min<std::uint64_t>(key.max, std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(integer(bounded));
}

std::variant<std::size_t, std::uint32_t> ConfigReader::name_or_integer32(
    const IntegerKey& key, const std::vector<std::string_view>& names) {
  using Value = std::variant<std::size_t, std::uint32_t>;
  const std::string range = integer_range(key.min, key.max);
  document({.path = std::string(key.name),
            .type = "choice or integer",
            .unit = std::string(key.unit),
            .minimum = key.min,
            .maximum = key.max,
            .choices = {names.begin(), names.end()},
            .fallback = names[0],
            .meaning = std::string(key.meaning)});
  const auto given = scalar(key.name);
  const auto found = given ? std::find(names.begin(), names.end(), given->Scalar()) : names.begin();
  if (found != names.end()) {
    record(key.name, std::string(*found));
    return Value(std::in_place_index<0>, static_cast<std::size_t>(found - names.begin()));
  }
  const auto parsed = whole_number(*given);
  if (!parsed || *parsed < key.min || *parsed > key.max) {
    fail(key.name,
         fmt::format("'{}' is not one of {} or a whole number {}{}{}", shown(*given),
                     fmt::join(names, ", "), range, key.unit.empty() ? "" : " ", key.unit));
  }
  record(key.name, *parsed);
  return Value(std::in_place_index<1>, static_cast<std::uint32_t>(*parsed));
}

double ConfigReader::number(const NumberKey& key) {
  document_number(key, "number");
  const auto given = scalar(key.name);
  double value = key.fallback.value_or(key.min);
  if (given) {
    const auto parsed = any_number(*given);
    if (!parsed || *parsed < key.min || *parsed > key.max) {
      fail(key.name,
           fmt::format("'{}' is not a number {}{}{}", shown(*given), number_range(key.min, key.max),
                       key.unit.empty() ? "" : " ", key.unit));
    }
    value = *parsed;
  } else if (!key.fallback && !describing()) {
    fail(key.name,
         fmt::format("is required: a number {} {}", number_range(key.min, key.max), key.unit));
  }
  record(key.name, value);
  return value;
}

bool ConfigReader::flag(std::string_view name, bool fallback, std::string_view meaning) {
  document({.path = std::string(name),
            .type = "flag",
            .fallback = fallback,
            .meaning = std::string(meaning)});
  const auto given = scalar(name);
  const auto typed = given ? typed_scalar(*given) : nlohmann::ordered_json(fallback);
  if (!typed.is_boolean()) fail(name, fmt::format("'{}' is not true or false", shown(*given)));
  const bool value = typed.get<bool>();
  record(name, value);
  return value;
}

std::string ConfigReader::text_value(std::string_view name, std::optional<std::string> fallback,
                                     std::string_view meaning) {
  KeyDoc doc{.path = std::string(name), .type = "text", .meaning = std::string(meaning)};
  doc.required = !fallback;
  if (fallback) doc.fallback = *fallback;
  document(std::move(doc));
  auto text = scalar_text(name);
  if (!text) {
    if (!fallback && !describing()) fail(name, "is required");
    text = fallback.value_or("");
  }
  if (const auto fault = fault_of(*text)) fail(name, *fault);
  record(name, *text);
  return *text;
}

std::vector<std::string> ConfigReader::text_list(std::string_view name, std::string_view meaning,
                                                 bool required) {
  KeyDoc doc{.path = std::string(name),
             .type = "list of text",
             .required = required,
             .meaning = std::string(meaning)};
  if (!required) doc.fallback = nlohmann::ordered_json::array();
  document(std::move(doc));
  known_.emplace(name);
  const YAML::Node node = (*node_)[std::string(name)];
  std::vector<std::string> values;
  if (!node.IsDefined()) {
    if (required && !describing()) fail(name, "is required: a list, as [a, b]");
    return values;
  }
  if (!node.IsSequence()) fail(name, "must be a list, as [a, b]");
  for (const auto& item : node) {
    if (!item.IsScalar()) fail(name, "must be a list of plain values");
    if (const auto fault = fault_of(item.Scalar())) fail(name, *fault);
    values.push_back(item.Scalar());
  }
  record(name, values);
  return values;
}

std::vector<std::uint64_t> ConfigReader::integer_list(const IntegerKey& key) {
  document({.path = std::string(key.name),
            .type = "list of integers",
            .unit = std::string(key.unit),
            .minimum = key.min,
            .maximum = key.max,
            .fallback = nlohmann::ordered_json::array(),
            .meaning = std::string(key.meaning)});
  known_.emplace(key.name);
  const YAML::Node node = (*node_)[std::string(key.name)];
  std::vector<std::uint64_t> values;
  if (!node.IsDefined()) return values;
  if (!node.IsSequence()) fail(key.name, "must be a list, as [1, 2]");
  for (const auto& item : node) {
    const auto parsed = item.IsScalar() ? whole_number(item) : std::nullopt;
    if (!parsed || *parsed < key.min || *parsed > key.max) {
      fail(key.name, fmt::format("holds a value that is not a whole number {} {}",
                                 integer_range(key.min, key.max), key.unit));
    }
    values.push_back(*parsed);
  }
  record(key.name, values);
  return values;
}

std::vector<std::uint32_t> ConfigReader::integers32(const IntegerKey& key, std::size_t count) {
  KeyDoc doc{.path = std::string(key.name),
             .type = "integer or list of integers",
             .unit = std::string(key.unit),
             .minimum = key.min,
             .maximum = key.max,
             .required = !key.fallback,
             .meaning = std::string(key.meaning)};
  if (key.fallback) doc.fallback = *key.fallback;
  document(std::move(doc));
  known_.emplace(key.name);
  const YAML::Node node = (*node_)[std::string(key.name)];
  if (!node.IsDefined()) {
    if (!key.fallback && !describing()) fail(key.name, "is required");
    return std::vector<std::uint32_t>(count,
                                      static_cast<std::uint32_t>(key.fallback.value_or(key.min)));
  }
  const auto number = [&](const YAML::Node& item) {
    const auto parsed = item.IsScalar() ? whole_number(item) : std::nullopt;
    if (parsed && *parsed >= key.min && *parsed <= key.max)
      return static_cast<std::uint32_t>(*parsed);
    fail(key.name, fmt::format("must be a whole number {} or a list of {} of them",
                               integer_range(key.min, key.max), count));
  };
  std::vector<std::uint32_t> values(count);
  if (node.IsSequence() && node.size() == count) {
    std::ranges::transform(node, values.begin(), number);
  } else {
    std::ranges::fill(values, number(node));
  }
  record(key.name, values);
  return values;
}

std::size_t ConfigReader::choose(std::string_view name, const std::vector<std::string_view>& names,
                                 std::optional<std::size_t> fallback, std::string_view meaning) {
  KeyDoc doc{.path = std::string(name), .type = "choice", .meaning = std::string(meaning)};
  doc.choices.assign(names.begin(), names.end());
  doc.required = !fallback;
  if (fallback) doc.fallback = std::string(names[*fallback]);
  document(std::move(doc));
  const auto text = scalar_text(name);
  if (!text && !fallback && !describing()) {
    fail(name, fmt::format("is required: one of {}", fmt::join(names, ", ")));
  }
  std::size_t index = fallback.value_or(0);
  if (text) {
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end()) {
      const auto near = nearest(*text, {names.begin(), names.end()});
      fail(name, fmt::format("'{}' is not one of {}{}", printable(*text), fmt::join(names, ", "),
                             near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
    index = static_cast<std::size_t>(found - names.begin());
  }
  record(name, std::string(names[index]));
  return index;
}

}  // namespace sim::base
