#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/energy/activity.h"

namespace sim::optimus {

/// The logic that the timing of each unit needs, beside the registers and memories of the static
/// parts; an adder that is used in each cycle exists, one that is used in each of k steps of one
/// element exists k times where an element passes a lane every cycle.
///
///   mac_array     of each MAC a multiplier, an adder, what chooses between weight and K/V element,
///                 and the entry of a word of its weight bank; of each set m - 1 adders. Shared
///                 accumulators: each way reaches those of all ways, on both sides. Run-time choice
///                 of ways: each way takes any of the m entries at the head of its set's queue.
///   input_window  each column takes any element of the load port, or of the shared level, and
///                 shows one of its `tile_tokens` tokens, the same in all columns; each MAC takes
///                 any column that its level holds.
///   write_port    of each element a cycle bias, multiplication by the row's scale of 32 bits (of
///                 each 32 bits of the sum by itself), rounding and shift of the product,
///                 comparison for the arg-max.
///   softmax, add_norm   of each lane the operations whose sum their energy rows are, exponent
///                 tables included.
///   embedder      with tables on chip or in DRAM, of each element a cycle two multiplications by a
///                 scale of 24 bits, their sum and its rounding.
///
/// Not listed: index decoding, sequencing and arbitration, DMA and DRAM controller, clamping and
/// ReLU, and the stores of the rows' scales, biases and normalisation parameters.
std::vector<energy::LogicPart> logic_parts(const Program& program, const Config& config,
                                           std::uint32_t tile_tokens);

}  // namespace sim::optimus
