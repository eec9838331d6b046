#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sim::workload {

/// Parses an untrusted JSON text whose root is an object, in time in proportion to its length.
/// Stricter than JSON: no byte-order mark, no NUL, nesting of at most 8 levels, at most a million
/// values, no key twice in one object. `where` starts every message. Throws WorkloadError.
nlohmann::json parse_json_object(std::string_view text, const std::string& where);

/// The same, with the keys of the root in the order of the text.
struct OrderedJson {
  nlohmann::json object;
  std::vector<std::string> keys;
};
OrderedJson parse_ordered_json_object(std::string_view text, const std::string& where);

}  // namespace sim::workload
