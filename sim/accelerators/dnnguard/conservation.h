#pragma once

#include <vector>

#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/layer_counts.h"
#include "sim/accelerators/dnnguard/program.h"
#include "sim/accelerators/dnnguard/run_record.h"

namespace sim::dnnguard {

/// base::SimulationError (a failed check) unless every cycle of a layer, a unit and the run has one
/// cause, the array is busy as often as it has atomic operations, and each layer reads and writes
/// the bytes of its cubes, weights and operands. `counts`: of each layer of the program.
void check_conservation(const Program& program, const RunRecord& record,
                        const std::vector<LayerCounts>& counts, const Config& config);

}  // namespace sim::dnnguard
