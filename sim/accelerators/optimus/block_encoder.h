#pragma once

#include <cstdint>
#include <span>

#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

/// Fills in the lists, totals and storage sizes of a block whose shape and rows are set.
/// `rows` are the kept bits of all rows of the matrix, as in workload::Mask.
void encode_block(std::span<const std::uint64_t* const> rows, const EncodingConfig& config,
                  std::uint32_t slot_bits, EncodedBlock& block);

}  // namespace sim::optimus
