#pragma once

#include <cstdint>

#include "sim/values/window_runs.h"
#include "sim/workload/network_operators.h"

/// Fast kernels of pools and other operators on maps, equal to sim/reference/maps.h bit by bit. x:
/// [channels, rows, columns] of `size`; x and y do not overlap, and the caller owns both.
namespace sim::values {

/// y: the map that windows over x make.
void max_pool2d(const workload::MaxPool2d& op, MapSize size, const std::int8_t* x, std::int8_t* y);
void average_pool2d(const workload::AveragePool2d& op, MapSize size, const std::int8_t* x,
                    std::int8_t* y);

/// y: the larger map.
void upsample(const workload::Upsample& op, MapSize size, const std::int8_t* x, std::int8_t* y);

/// y: of the size of x.
void local_response_norm(const workload::LocalResponseNorm& op, MapSize size, const std::int8_t* x,
                         std::int8_t* y);

}  // namespace sim::values
