#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/layer_counts.h"
#include "sim/accelerators/dnnguard/run_record.h"
#include "sim/energy/activity.h"

namespace sim::dnnguard {

/// What the energy table prices, by unit. Operands are taken as wide as the table's next row: sums
/// of 34 bits in the accumulator as 64, factors of SDP (16 x 32 bits) as 32.
///   mac_array: multiply of 8 bits for each MAC, add of 32 bits for those that the tree of a cell
///   adds, register for each weight that is loaded;
///   convolution_buffer: sram_read of an entry for each atomic operation and each load of weights,
///   sram_write for what is fetched;
///   accumulator: sram_read and sram_write of a partial sum, add of 64 bits;
///   sdp, pdp, cdp: multiply and add of 32 bits, sram_read of tables, sram_write and sram_read of
///   PDP's lines; dram: bytes read and written.
std::vector<energy::Activity> activities(const LayerCounts& counts, const LayerBeats& beats,
                                         const Config& config);

/// Memories, and flip-flops that are clocked in every cycle: weights in the MAC cells, twice, since
/// the next stripe's are loaded behind those in use, and the sums of the cells.
std::vector<energy::StaticPart> static_parts(const Config& config, std::uint64_t cycles);

/// Multipliers and adders of the cells and of the units behind them.
std::vector<energy::LogicPart> logic_parts(const Config& config);

}  // namespace sim::dnnguard
