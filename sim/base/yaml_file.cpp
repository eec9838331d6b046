#include "sim/base/yaml_file.h"

#include <fmt/format.h>

#include <map>

#include "sim/base/error.h"
#include "sim/base/yaml_rules.h"

namespace sim::base {
namespace {

/// `path` leads to the node, as `optimus.mac_array`.
void refuse_repeated_keys(const YAML::Node& node, const std::string& path) {
  if (node.IsSequence()) {
    for (const auto& item : node) refuse_repeated_keys(item, path);
  }
  if (!node.IsMap()) return;
  std::map<std::string, int> lines;
  for (const auto& item : node) {
    const std::string& key = item.first.Scalar();
    const int line = item.first.Mark().line + 1;
    const std::string inner = path.empty() ? key : fmt::format("{}.{}", path, key);
    const auto [first, inserted] = lines.emplace(key, line);
    if (!inserted) {
      throw YamlRuleError(
          static_cast<std::size_t>(line),
          fmt::format("key '{}' is given twice; it stands on line {} too", inner, first->second));
    }
    refuse_repeated_keys(item.second, inner);
  }
}

YAML::Node parse(const std::string& checked) {
  try {
    YAML::Node node = YAML::Load(checked);
    refuse_repeated_keys(node, "");
    return node;
  } catch (const YAML::Exception& e) {
    throw YamlRuleError(static_cast<std::size_t>(e.mark.line + 1), "not YAML: " + e.msg);
  }
}

}  // namespace

YAML::Node parse_yaml(const std::string& yaml, const std::string& name) {
  try {
    YAML::Node node = parse(checked_yaml(yaml));
    if (!node.IsMap()) throw YamlRuleError(1, "not a map of keys to values");
    return node;
  } catch (const YamlRuleError& e) {
    throw ConfigError(fmt::format("{}:{}: {}", name, e.line(), e.what()));
  }
}

YAML::Node parse_yaml_value(const std::string& value) { return parse(checked_yaml_value(value)); }

}  // namespace sim::base
