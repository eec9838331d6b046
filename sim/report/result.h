#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/accelerator.h"
#include "sim/energy/area.h"
#include "sim/energy/estimate.h"

namespace sim::report {

constexpr std::string_view kResultSchema = "lockstep-result-1";

/// Everything that determines a result and the result itself. Nothing of the host: equal inputs
/// give byte-equal files, whatever the engine, the paths, the machine or the time of day.
struct Run {
  std::string tool_version;
  std::string tool_revision;
  std::string accelerator;
  double clock_mhz = 0;
  nlohmann::ordered_json architecture;  // every key with the value in use
  nlohmann::ordered_json workload;
  std::string workload_description;
  std::optional<std::uint64_t> seed;  // given on the command line
  core::RunOptions options;           // the engine is not part of the result
  core::RunResult result;
  energy::Estimate energy;
  std::vector<energy::Split> energy_variants;  // totals with each kind of memory cells
  double relative_event_pj = 0;                // price of the event of result.relative_energy
  energy::Area area;                           // no items: the machine lists no parts
  std::vector<double> area_variants_mm2;       // totals with each kind of memory cells
  std::uint32_t node_nm = 0;                   // of the prices; 0: mixed
};

/// How this result came about on this host; differs from run to run.
struct Host {
  core::Engine engine = core::Engine::kSkip;
  double seconds = 0;  // wall clock of the simulation, without reading inputs
  std::uint64_t cycles = 0;
  std::vector<std::string> command_line;
};

struct File {
  std::string name;
  std::string content;
};

/// The objects "metrics", "bands", "energy" and "area" of summary.json. A band is the least and the
/// most that an energy, what follows from one, or the area would be with other kinds of memory
/// cells.
nlohmann::ordered_json metrics_of(const Run& run);
nlohmann::ordered_json bands_of(const Run& run);
nlohmann::ordered_json energy_of(const Run& run);
nlohmann::ordered_json area_of(const Run& run);

/// summary.json, one CSV for each table, energy.csv, area.csv and, when a window was asked for,
/// timeline.json.
std::vector<File> result_files(const Run& run);

/// host.json: engine, seconds, simulated cycles a second, command line.
nlohmann::ordered_json host_json(const Host& host);

}  // namespace sim::report
