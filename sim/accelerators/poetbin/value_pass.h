#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/lane_activity.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/core/accelerator.h"
#include "sim/values/lut_activity.h"
#include "sim/values/lut_glitches.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// A register of the machine and how often its bits changed.
struct RegisterActivity {
  std::string unit;
  std::uint64_t bits = 0;
  std::uint64_t toggles = 0;
};

/// Scores of all samples, compared with the workload's, and what changed inside on the way.
struct ValuePass {
  std::uint64_t samples = 0;
  // Samples whose changes are counted. Spatial: all but the first, since the registers before it
  // are not reset; columns and fabric: all, the first after the zeros of the reset.
  std::uint64_t transitions = 0;
  std::uint64_t compared_values = 0;   // scores and outputs of levels, all found equal
  std::optional<std::uint64_t> right;  // samples whose class is the label; none without labels
  std::vector<std::int32_t> scores;    // [SampleLog::kKept at most, classes]
  std::vector<std::uint32_t> classes;  // of the same samples
  std::string stimulus;

  std::optional<values::NetlistActivity> netlist;  // spatial: every LUT of the program
  std::optional<values::GlitchActivity> glitches;  // spatial, on request: the same with delays
  std::vector<LaneCounts> lanes;                   // columns and fabric: of each group
  std::vector<RegisterActivity> registers;
};

/// Throws ConfigError when samples with delays are too many to hold.
void check_values(const workload::LutTask& task, const Program& program, const Config& config);

/// Throws SimulationError when a value differs from the workload's, and what check_values() does.
/// Samples beyond the vectors take them again, in order.
ValuePass run_values(const workload::LutTask& task, const Program& program, const Config& config,
                     core::Progress& progress);

}  // namespace sim::poetbin
