#pragma once

#include <cstdint>

#include "sim/values/window_runs.h"
#include "sim/workload/network_operators.h"

namespace sim::values {

/// conv2d, equal to sim/reference/maps.h bit by bit. x: [channels, rows, columns] of `size`, y: the
/// map that windows over it make; they do not overlap. Works in some 4 MiB and three times the
/// bytes of the map and of the weights of a group.
void conv2d(const workload::Conv2d& op, MapSize size, const std::int8_t* x, std::int8_t* y);

}  // namespace sim::values
