#pragma once

#include <cstdint>
#include <vector>

#include "sim/values/nvdla/memory.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::values::nvdla {

/// What a convolution reads, as it is in its buffer: behind the input converter, channels of a
/// pixel together.
struct FeatureMap {
  workload::nvdla::Cube cube;
  std::vector<std::int16_t> values;  // [y, x, channel]

  const std::int16_t* pixel(std::uint32_t y, std::uint32_t x) const {
    return &values[(std::size_t{y} * cube.width + x) * cube.channels];
  }
};

/// A feature cube or an image. `lanes`: channels of an atom.
FeatureMap read_input(const workload::nvdla::Convolution& layer, Memory& memory,
                      std::uint32_t lanes);

}  // namespace sim::values::nvdla
