#pragma once

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

/// The counts of a whole stream, equal to those of StreamTick to the last one. Shared accumulators
/// with more than one way have no exact recurrence: they are ticked through. `arrivals`: of weights
/// from DRAM.
StreamCounts stream_skip(const EncodedBlock& block, const Occupancy& occupancy,
                         const StreamConfig& config, std::uint32_t tokens,
                         const ColumnArrivals& arrivals = {});

}  // namespace sim::optimus
