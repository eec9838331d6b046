#pragma once

#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/core/accelerator.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin::rtl {

/// The run that generated files replay.
struct Replay {
  const Program& program;
  const workload::LutVectors& vectors;
  const Config& config;
};

/// The machine, the fixed modules that it needs, test bench, vectors, and README.md with ports, bit
/// orders and the command that replays. The bench expects the scores of reference::lut_scores and
/// the cycles of the simulator. base::WorkloadError when there are no vectors, base::ConfigError
/// for variant C, which has no SystemVerilog.
std::vector<core::SourceFile> source_files(const Replay& replay);

/// Of variant S: the program as a netlist.
std::vector<core::SourceFile> spatial_files(const Replay& replay);
/// Of variant T: the fabric, and the program as config.hex.
std::vector<core::SourceFile> fabric_files(const Replay& replay);

}  // namespace sim::poetbin::rtl
