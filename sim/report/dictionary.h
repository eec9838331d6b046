#pragma once

#include <string>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/core/accelerator.h"

namespace sim::report {

/// One number of a result file: a row of the metrics dictionary.
struct Definition {
  std::string place;  // "summary.json metrics", "layers.csv", "summary.json counters of mac_array"
  core::Metric metric;
};

/// Every number that a run of this machine reports; of any machine.
std::vector<Definition> definitions(const core::Accelerator& accelerator);
std::vector<Definition> machine_independent_definitions();

/// docs/metrics.md, every number of every machine, and the same for a terminal.
std::string metrics_markdown(const std::vector<const core::Accelerator*>& accelerators);
std::string metrics_text(const std::vector<const core::Accelerator*>& accelerators);
/// The same as one JSON document (docs/json.md).
nlohmann::ordered_json metrics_json(const std::vector<const core::Accelerator*>& accelerators);

/// A heading and the keys of one reader.
struct KeySection {
  std::string title;
  std::string introduction;
  std::vector<base::KeyDoc> keys;
};

/// docs/keys.md, and the same for a terminal.
std::string keys_markdown(const std::vector<KeySection>& sections);
std::string keys_text(const std::vector<KeySection>& sections);
/// The same as one JSON document (docs/json.md).
nlohmann::ordered_json keys_json(const std::vector<KeySection>& sections);

}  // namespace sim::report
