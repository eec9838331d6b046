#pragma once

#include <cstdint>

#include "sim/values/window_runs.h"
#include "sim/workload/network_operators.h"

namespace sim::values {

/// conv2d, equal to sim/reference/maps.h bit by bit. x: [channels, rows, columns] of `size`, y: the
/// map that windows over it make; they do not overlap. Works in twice the bytes of a group's
/// channels and of its weights, and 1 MiB or, of outputs that read more than 2^14 inputs each, 32
/// bytes for each of those.
void conv2d(const workload::Conv2d& op, MapSize size, const std::int8_t* x, std::int8_t* y);

}  // namespace sim::values
