#pragma once

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"

namespace sim::optimus {

/// Throws base::SimulationError when a run broke one of these laws:
///   each unit: all its cycles are those of the run (core::check_cycles);
///   the array: all MAC-cycle causes of a layer = N * the cycles that it took;
///   results of the array = elements of the write port; scores written = scores of the soft-max;
///   multiply-accumulates of each sparse layer, and those that were skipped as the model's masks
///   and zero inputs say = kept weights * positions;
///   input elements read, and partial sums added to = multiply-accumulates; no set takes an element
///   that was not loaded, or takes it twice; streamed weights are written as often as they are
///   read; bytes of embedding vectors that came = those of the elements embedded; bytes of DRAM and
///   DMA = bytes of the blocks streamed, a pass each, and of the rows of tables; cycles of the DMA,
///   and clocks of the DRAM's channels = those of the run.
void check_conservation(const RunRecord& record, const Program& program, const Config& config);

}  // namespace sim::optimus
