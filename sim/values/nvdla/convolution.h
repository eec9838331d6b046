#pragma once

#include <cstdint>
#include <vector>

#include "sim/values/nvdla/feature_map.h"
#include "sim/values/nvdla/surfaces.h"
#include "sim/workload/nvdla_program.h"

namespace sim::values::nvdla {

/// What the convolution units give SDP: sums of 32 bits, surplus lanes 0. `weights`: as they lie in
/// memory, as many bytes as the kernels have.
Surfaces convolve(const workload::nvdla::Convolution& layer,
                  const workload::nvdla::Configuration& configuration, const FeatureMap& in,
                  const std::vector<std::uint8_t>& weights);

/// Bytes of all kernels.
std::uint64_t weight_bytes(const workload::nvdla::Convolution& layer);

}  // namespace sim::values::nvdla
