#pragma once

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

/// The stream of a block with one global window, resident weights and no accumulator conflicts,
/// from its chains and progress alone: a short vector operation a beat instead of a look at every
/// way.
///
/// A way executes its entries back to back from the first beat that shows it one, or waits. So if g
/// is a beat in which new columns became visible, the first of them i, no way can have executed
/// more than t - g + 1 of its entries from column i on by the end of beat t, and some g makes this
/// exact (the last beat before which the way waited):
///   first unfinished column after beat t = min over g <= t of chain(i_g)[t - g + 1]
///   stalls of a way                      = max over g of (g - 1) - its entries before i_g
/// where g counts for a way only if it has an entry from i_g on.
/// `block_columns` W; needs occupancy.chains and occupancy.progress. In beats (one token).
StreamCounts chain_skip(const Occupancy& occupancy, std::uint32_t block_columns,
                        const StreamConfig& config);

}  // namespace sim::optimus
