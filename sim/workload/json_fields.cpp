#include "sim/workload/json_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/workload/text.h"

namespace sim::workload {

using base::printable;
using nlohmann::json;

std::string shown(const json& value) {
  return printable(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

JsonFields::JsonFields(const json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.is_object()) fail(fmt::format("is {}; must be a JSON object", shown(object)));
}

void JsonFields::fail(const std::string& message) const {
  throw base::WorkloadError(fmt::format("{}: {}", where_, message));
}

const json& JsonFields::field(const char* name, const char* expected) {
  known_.insert(name);
  const auto found = object_.find(name);
  if (found == object_.end()) {
    fail(fmt::format("field '{}' is missing; must be {}", name, expected));
  }
  return *found;
}

std::uint64_t JsonFields::integer(const char* name, std::uint64_t least, std::uint64_t most) {
  const json& value = field(name, "a whole number");
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
      value.get<std::uint64_t>() > most) {
    fail(fmt::format("{} is {}; must be a whole number from {} to {}", name, shown(value), least,
                     most));
  }
  return value.get<std::uint64_t>();
}

std::uint32_t JsonFields::integer32(const char* name, std::uint32_t least, std::uint32_t most) {
  return static_cast<std::uint32_t>(integer(name, least, most));
}

std::vector<std::uint32_t> JsonFields::integers(const char* name, std::size_t count,
                                                std::uint32_t least, std::uint32_t most) {
  const json& values = list(name);
  const bool right = values.size() == count && std::ranges::all_of(values, [&](const json& v) {
                       return v.is_number_unsigned() && v.get<std::uint64_t>() >= least &&
                              v.get<std::uint64_t>() <= most;
                     });
  if (!right) {
    fail(fmt::format("{} is {}; must be a list of {} whole numbers from {} to {}", name,
                     shown(values), count, least, most));
  }
  return values.get<std::vector<std::uint32_t>>();
}

std::size_t JsonFields::choice(const char* name, std::initializer_list<std::string_view> words) {
  const std::string& word = text(name);
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    fail(fmt::format("{} is '{}'{}; must be one of {}", name, printable(word),
                     suggestion(word, {words.begin(), words.end()}), fmt::join(words, ", ")));
  }
  return static_cast<std::size_t>(found - words.begin());
}

bool JsonFields::flag(const char* name) {
  const json& value = field(name, "true or false");
  if (!value.is_boolean()) {
    fail(fmt::format("{} is {}; must be true or false", name, shown(value)));
  }
  return value.get<bool>();
}

const std::string& JsonFields::text(const char* name) {
  const json& value = field(name, "a text");
  if (!value.is_string()) fail(fmt::format("{} is {}; must be a text", name, shown(value)));
  return value.get_ref<const std::string&>();
}

const std::string& JsonFields::name(const char* name) {
  const std::string& value = text(name);
  if (!is_plain_name(value)) {
    fail(fmt::format("{} is '{}'; must be 1 to 256 printable ASCII characters", name,
                     printable(value)));
  }
  return value;
}

const json& JsonFields::list(const char* name) {
  const json& value = field(name, "a list");
  if (!value.is_array()) fail(fmt::format("{} is {}; must be a list", name, shown(value)));
  return value;
}

const json& JsonFields::object(const char* name) {
  const json& value = field(name, "a JSON object");
  if (!value.is_object()) fail(fmt::format("{} is {}; must be a JSON object", name, shown(value)));
  return value;
}

void JsonFields::finish() const {
  for (const auto& [key, value] : object_.items()) {
    if (known_.contains(key)) continue;
    fail(fmt::format("unknown field '{}'{}; known here: {}", printable(key),
                     suggestion(key, {known_.begin(), known_.end()}), fmt::join(known_, ", ")));
  }
}

}  // namespace sim::workload
