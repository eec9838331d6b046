#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

namespace sim::base {

/// The keys of a file of the YAML that docs/yaml.md states; `name` stands for the file in messages.
/// Throws ConfigError with the line for every other text, also for a key that is given twice.
YAML::Node parse_yaml(const std::string& yaml, const std::string& name);

/// One value, as `--set KEY=VALUE` gives it. Throws ConfigError without a place.
YAML::Node parse_yaml_value(const std::string& value);

}  // namespace sim::base
