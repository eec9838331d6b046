#pragma once

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace sim::base {

/// The value of a plain scalar (docs/yaml.md): a number as in JSON, true, false, null or nothing,
/// else text. Whole numbers from 0 are unsigned. Throws ConfigError, saying why, for one that is
/// neither a value nor text: a number too large, `NULL`.
nlohmann::ordered_json typed_scalar(std::string_view text);

/// The same for a scalar of a file; one in quotes is text.
nlohmann::ordered_json typed_scalar(const YAML::Node& node);

}  // namespace sim::base
