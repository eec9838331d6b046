// Keys and metrics for programs: docs/json.md.
#include <nlohmann/json.hpp>

#include "sim/base/key_doc.h"
#include "sim/report/dictionary.h"

namespace sim::report {
namespace {

using Json = nlohmann::ordered_json;

Json key_json(const base::KeyDoc& key) {
  return {{"key", key.path},           {"type", key.type},         {"unit", key.unit},
          {"minimum", key.minimum},    {"maximum", key.maximum},   {"choices", key.choices},
          {"default", key.fallback},   {"required", key.required}, {"condition", key.applies},
          {"description", key.meaning}};
}

Json numbers_json(const std::vector<Definition>& all) {
  Json numbers = Json::array();
  for (const Definition& d : all) {
    numbers.push_back({{"place", d.place},
                       {"name", d.metric.name},
                       {"unit", d.metric.unit},
                       {"description", d.metric.definition}});
  }
  return numbers;
}

}  // namespace

Json keys_json(const std::vector<KeySection>& sections) {
  Json all = Json::array();
  for (const KeySection& section : sections) {
    Json keys = Json::array();
    for (const auto& key : section.keys) keys.push_back(key_json(key));
    all.push_back({{"name", section.title}, {"description", section.introduction}, {"keys", keys}});
  }
  return {{"schema", "lockstep-keys-1"}, {"sections", all}};
}

Json metrics_json(const std::vector<const core::Accelerator*>& accelerators) {
  Json machines = Json::array();
  for (const auto* a : accelerators) {
    machines.push_back({{"name", a->name()},
                        {"description", a->description()},
                        {"metrics", numbers_json(definitions(*a))}});
  }
  return {{"schema", "lockstep-metrics-1"},
          {"metrics", numbers_json(machine_independent_definitions())},
          {"machines", machines}};
}

}  // namespace sim::report
