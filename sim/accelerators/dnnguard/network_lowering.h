#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/accelerators/dnnguard/array_geometry.h"
#include "sim/accelerators/dnnguard/cube_map.h"
#include "sim/workload/network.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// What makes the output of an operator.
struct NetworkStep {
  std::uint32_t op = 0;                          // the last of those that are computed together
  std::vector<workload::nvdla::Layer> layers{};  // none: the CPU does it
};

struct LoweredNetwork {
  std::vector<NetworkStep> steps;                // in execution order
  std::vector<std::optional<PlacedCube>> cubes;  // of each operator; none: computed on the way
  std::uint64_t memory_bytes = 0;                // of cubes, weights and operands
};

/// A network of tensors (`feed_forward`) as hardware layers. Inputs of 1, 3 or 4 channels that only
/// plain convolutions read are images. A residual add and, where SDP has its
/// stage EW, an activation that alone read a convolution are computed on the way to memory; what a
/// concatenation joins is written in place; flattening moves nothing. A convolution is cut as its
/// plan says. What the array has no unit or no registers for is left to the CPU.
LoweredNetwork lower(const workload::Network& network, const ArrayGeometry& array);

}  // namespace sim::dnnguard
