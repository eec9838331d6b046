#pragma once

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/machine.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/core/accelerator.h"

namespace sim::optimus {

/// Counters of a machine that has run, as tables, headlines and priced activities.
/// Before that it checks what must be conserved (base::SimulationError when broken):
///   each unit: busy + waits + idle = cycles; the array: all MAC-cycle causes = N * cycles;
///   results of the array = elements of the write port; scores written = scores of the soft-max;
///   multiply-accumulates of each sparse layer = kept weights * positions.
core::RunResult collect(const Machine& machine, const Config& config);

/// The same without rows: what each number means.
core::RunResult describe_results();

}  // namespace sim::optimus
