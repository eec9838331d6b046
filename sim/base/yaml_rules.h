#pragma once

#include <string>
#include <string_view>

#include "sim/base/error.h"

namespace sim::base {

/// A rule of docs/yaml.md that a text breaks; `line` counts from 1.
class YamlRuleError : public ConfigError {
 public:
  YamlRuleError(std::size_t line, const std::string& why) : ConfigError(why), line_(line) {}
  std::size_t line() const { return line_; }

 private:
  std::size_t line_;
};

/// Tells whether `text` is of the part of YAML that Lockstep reads (docs/yaml.md), before a parser
/// sees it: UTF-8 text of at most 1 MiB, nested at most 16 deep, of at most 100,000 values, without
/// anchors, tags, directives and second documents. What passes means the same to every YAML parser.
/// Returns it with one kind of line break; throws YamlRuleError.
std::string checked_yaml(std::string_view text);

/// The same for one value, as `--set KEY=VALUE` gives it.
std::string checked_yaml_value(std::string_view text);

}  // namespace sim::base
