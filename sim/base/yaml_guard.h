#pragma once

#include <string>

namespace sim::base {

/// Reads a YAML text event by event, before a tree of it is built, and refuses what no
/// configuration needs and what can cost unbounded stack or memory: nesting beyond 16 levels,
/// references to anchors (a few lines of them make a tree of exponential size), several documents.
/// Throws ConfigError with the line, or YAML::Exception.
void refuse_hostile_yaml(const std::string& yaml, const std::string& file);

}  // namespace sim::base
