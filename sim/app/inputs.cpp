#include "sim/app/inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "sim/base/key_doc.h"
#include "sim/base/printable.h"
#include "sim/core/registry.h"
#include "sim/workload/load.h"

namespace sim::app {
namespace {

constexpr std::string_view kWorkloadPrefix = "workload.";

/// The keys that every architecture file has, whatever the machine.
struct Header {
  std::string accelerator;
  double clock_mhz;
  std::vector<std::string> energy_tables;
  energy::EnergyTable::Options energy;

  static Header from(base::ConfigReader& in) {
    Header h{};
    h.accelerator = in.text_value("accelerator", std::nullopt, "kind of machine (lockstep list)");
    h.clock_mhz = in.number({.name = "clock_mhz",
                             .unit = "MHz",
                             .min = 1,
                             .max = 100000,
                             .fallback = {},
                             .meaning = "clock of the machine"});
    h.energy_tables =
        in.text_list("energy_tables", "energy files, relative to this file; a later one adds rows");
    h.energy.allow_mixed_nodes =
        in.flag("allow_mixed_nodes", false, "accept energy rows of different technology nodes");
    h.energy.allow_mixed_voltages =
        in.flag("allow_mixed_voltages", false,
                "accept energy files of different supply voltages; memories have their own");
    h.energy.sram_cells = in.choice<std::optional<energy::SramCells>>(
        "sram_cells",
        {{"auto", std::nullopt},
         {"lstp", energy::SramCells::kLstp},
         {"lstp_hp", energy::SramCells::kLstpHp},
         {"hp", energy::SramCells::kHp}},
        std::optional<energy::SramCells>(),
        "transistors of the on-chip memories' cells and periphery: low standby power, these with a "
        "high-performance periphery, high performance; auto: of each memory the first of these "
        "that is fast enough for the clock");
    h.energy.count_estimates =
        in.flag("estimated_energy", true,
                "count what rests on estimates as well: changes of data in pipelines, control, "
                "wires; column estimated of energy.csv marks it");
    return h;
  }

  /// Equal for equal energy tables.
  std::string key_of(const std::vector<std::string>& files) const {
    const int cells = energy.sram_cells ? static_cast<int>(*energy.sram_cells) : -1;
    return fmt::format("{} {} {} {} {}", fmt::join(files, "\n"), energy.allow_mixed_nodes,
                       energy.allow_mixed_voltages, cells, energy.count_estimates);
  }
};

const core::Accelerator& accelerator_named(const std::string& name, const base::ConfigReader& in) {
  try {
    return core::find_accelerator(name);
  } catch (const base::ConfigError& e) {
    in.fail("accelerator", e.what());
  }
}

std::vector<std::string> beside(const std::string& file, const std::vector<std::string>& names) {
  const auto folder = std::filesystem::path(file).parent_path();
  std::vector<std::string> paths;
  paths.reserve(names.size());
  for (const std::string& name : names) paths.push_back((folder / name).string());
  return paths;
}

report::KeySection architecture_keys(const core::Accelerator& accelerator) {
  auto in = base::ConfigReader::describe();
  const Header header = Header::from(in);
  auto block = in.section(accelerator.name(), accelerator.description());
  accelerator.configure(block, header.clock_mhz);
  return {std::string(accelerator.name()),
          fmt::format("An architecture file for {}: {}.", accelerator.name(),
                      accelerator.description()),
          in.docs()};
}

report::KeySection workload_keys() {
  return {"workload", "A workload file: what is run.", workload::workload_keys()};
}

report::KeySection energy_keys() {
  auto in = base::ConfigReader::describe();
  energy::describe_table(in);
  return {"energy", "An energy file: what each event costs.", in.docs()};
}

}  // namespace

Settings Settings::parse(const std::vector<std::string>& options) {
  Settings settings;
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw base::UserError(
          fmt::format("--set {}: not of the form key=value, as optimus.mac_array.macs=512",
                      base::printable(option)));
    }
    const std::string key = option.substr(0, equals);
    const std::string value = option.substr(equals + 1);
    if (key.starts_with(kWorkloadPrefix)) {
      settings.workload.emplace_back(key.substr(kWorkloadPrefix.size()), value);
    } else {
      settings.architecture.emplace_back(key, value);
    }
  }
  return settings;
}

Architecture Architecture::read(const std::string& path,
                                const base::ConfigReader::Overrides& settings,
                                core::Cache& energy_tables) {
  auto in = base::ConfigReader::file(path, settings, "");
  const Header header = Header::from(in);
  const core::Accelerator& accelerator = accelerator_named(header.accelerator, in);
  auto block = in.section(accelerator.name(), accelerator.description());
  Architecture a;
  a.accelerator = header.accelerator;
  a.clock_mhz = header.clock_mhz;
  a.design = accelerator.configure(block, header.clock_mhz);
  in.finish();
  a.energy = in.opened_for("energy_tables", [&] {
    const std::vector<std::string> files = beside(path, header.energy_tables);
    return energy_tables.get<energy::EnergyTable>(
        header.key_of(files), [&] { return energy::EnergyTable::load(files, header.energy); });
  });
  a.resolved = in.resolved();
  return a;
}

LoadedWorkload LoadedWorkload::read(const std::string& path,
                                    const base::ConfigReader::Overrides& settings,
                                    std::optional<std::uint64_t> seed,
                                    const workload::LoadOptions& options) {
  auto in = workload::open_workload(path, settings, seed);
  workload::Workload loaded = workload::load(in, options);
  return {std::move(loaded), in.resolved()};
}

std::vector<report::KeySection> key_sections(const std::optional<std::string>& what) {
  if (what == "workload") return {workload_keys()};
  if (what == "energy") return {energy_keys()};
  if (what) return {architecture_keys(core::find_accelerator(*what))};
  std::vector<report::KeySection> all;
  for (const auto* accelerator : core::accelerators())
    all.push_back(architecture_keys(*accelerator));
  all.push_back(workload_keys());
  all.push_back(energy_keys());
  return all;
}

}  // namespace sim::app
