#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/accelerators/poetbin/columns_program.h"
#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/fabric_program.h"
#include "sim/accelerators/poetbin/timing.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// Registers of the spatial variant between two levels, or around them.
struct PipeRegister {
  std::uint32_t after = 0;                // level, counted from 1; 0: the feature register
  std::vector<workload::Signal> signals;  // what later levels or the scores still need
};

/// A LUT program on the machine.
struct Program {
  workload::LutProgram luts;
  CoreTiming timing;
  StreamTiming stream;
  std::vector<PipeRegister> registers;    // spatial
  std::optional<ColumnsProgram> columns;  // columns
  std::optional<FabricProgram> fabric;    // fabric
  std::vector<LaneGroup> groups;          // columns and fabric
  std::uint64_t physical_luts = 0;
  std::uint64_t configuration_cycles = 0;  // fabric

  /// Evaluations of LUTs that a sample takes.
  std::uint64_t evaluations() const { return luts.luts(); }
};

}  // namespace sim::poetbin
