#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/commands.h"
#include "sim/app/inputs.h"
#include "sim/core/cache.h"
#include "sim/energy/area.h"
#include "sim/report/result_folder.h"

namespace sim::app {

/// What runs in a row can share: energy tables, the workload, and its mapping to machines that map
/// it alike.
struct SharedWork {
  core::Cache energy_tables;
  core::Cache workloads;
  core::Cache mappings;  // of the workload above
};

/// A check needs no samples that are drawn at random.
enum class Purpose { kRun, kCheck };

/// What the request may take of memory.
base::MemoryLimit memory_limit(const RunRequest& request);

/// Where the request wants its result.
std::string result_path(const RunRequest& request);

/// A run with everything read and checked, before a cycle is simulated.
struct Job {
  Architecture architecture;
  std::shared_ptr<const LoadedWorkload> workload;
  energy::Area area{};                   // of the machine, as far as it is known before a run
  std::vector<std::string> idle_keys{};  // notes on keys that are given and change nothing

  /// Paths may be names of presets. Throws base::UserError and its kinds: base::FileError, and
  /// base::MemoryError before anything is made that would exceed the limit.
  static Job prepare(const RunRequest& request, SharedWork& shared,
                     Purpose purpose = Purpose::kRun);

  /// Simulates and writes the result folder; what `lockstep run` says at the end.
  std::string run(const RunRequest& request, report::ResultFolder& folder) const;
};

/// What two requests have to agree in to share their workload; to share its mapping.
struct SharingKeys {
  std::string workload;
  std::string mapping;

  /// Reads the architecture file, not the workload. Throws as Job::prepare.
  static SharingKeys of(const RunRequest& request, SharedWork& shared);
};

}  // namespace sim::app
