// Prints the trees of YAML files as JSON, for tests that compare the program's reader with another.
// Reads "BYTES\n" and as many bytes of a file, again and again; answers each with one line,
// {"value": ...} or {"error": "..."}.

#include <yaml-cpp/yaml.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/base/error.h"
#include "sim/base/yaml_file.h"
#include "sim/base/yaml_scalar.h"

namespace {

using Json = nlohmann::ordered_json;

Json tree(const YAML::Node& node) {
  Json value;
  if (node.IsMap()) {
    value = Json::object();
    for (const auto& item : node) value[item.first.Scalar()] = tree(item.second);
  } else if (node.IsSequence()) {
    value = Json::array();
    for (const auto& item : node) value.push_back(tree(item));
  } else {
    value = sim::base::typed_scalar(node);
  }
  return value;
}

Json answer(const std::string& text) {
  try {
    return {{"value", tree(sim::base::parse_yaml(text, "file"))}};
  } catch (const sim::base::UserError& e) {
    return {{"error", e.what()}};
  }
}

}  // namespace

int main() {
  std::string size;
  while (std::getline(std::cin, size)) {
    std::string text(std::stoul(size), '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    std::cout << answer(text).dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  }
}
