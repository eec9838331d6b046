#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

/// Bytes that encode() and, with `occupancies`, Occupancy take at most for a matrix whose rows are
/// dealt as `loads` says, while they work and for what they leave. `config` as encode() takes it,
/// with most_slots.
std::uint64_t mapping_bound(const RowLoads& loads, std::uint32_t columns,
                            const EncodingConfig& config, bool occupancies);

}  // namespace sim::optimus
