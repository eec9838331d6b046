#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/core/accelerator.h"
#include "sim/core/cache.h"
#include "sim/energy/energy_table.h"
#include "sim/report/dictionary.h"
#include "sim/workload/load_options.h"
#include "sim/workload/workload.h"

namespace sim::app {

/// `--set` options, sorted by the file that they belong to.
struct Settings {
  base::ConfigReader::Overrides architecture;
  base::ConfigReader::Overrides workload;  // given as workload.<key>, kept as <key>

  /// Each option is `a.b=v`; base::UserError for anything else.
  static Settings parse(const std::vector<std::string>& options);
};

/// An architecture file, read and checked.
struct Architecture {
  std::string accelerator;
  double clock_mhz = 0;
  std::unique_ptr<core::Design> design;
  std::shared_ptr<const energy::EnergyTable> energy;
  nlohmann::ordered_json resolved;

  /// Reads the file and, unless the cache holds them, the energy tables that it names (paths
  /// relative to the file).
  static Architecture read(const std::string& path, const base::ConfigReader::Overrides& settings,
                           core::Cache& energy_tables);
};

/// A workload file, read and checked.
struct LoadedWorkload {
  workload::Workload workload;
  nlohmann::ordered_json resolved;

  static LoadedWorkload read(const std::string& path, const base::ConfigReader::Overrides& settings,
                             std::optional<std::uint64_t> seed,
                             const workload::LoadOptions& options);
};

/// The keys of an accelerator's architecture file, of a workload file, of an energy file.
/// base::UserError for a name that is none of "workload", "energy" and the accelerators.
std::vector<report::KeySection> key_sections(const std::optional<std::string>& what);

}  // namespace sim::app
