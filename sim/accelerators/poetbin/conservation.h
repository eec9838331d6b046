#pragma once

#include "sim/accelerators/poetbin/program.h"
#include "sim/accelerators/poetbin/run_record.h"

namespace sim::poetbin {

/// What a run must conserve; base::SimulationError when it does not:
///   each unit: all its cycles are those of the run (core::check_cycles);
///   words in = samples * words of a sample; scores out = samples;
///   steps of the stages = samples * steps of the program; clocks lost to bank conflicts = samples
///   * those of its slots; evaluations of LUTs in the steps of a sample = LUTs of the program, each
///   once.
void check_conservation(const Program& program, const RunRecord& record);

}  // namespace sim::poetbin
