#pragma once

#include <cstdint>
#include <vector>

#include "sim/workload/nvdla_program.h"

namespace sim::values::nvdla {

/// Neighbouring channels of one pixel of a window, which a kernel's row has from `column` on.
struct Tap {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  std::uint32_t first_channel = 0;
  std::uint32_t channels = 0;
};

/// What the multipliers take in one step: as many values of each kernel of a group.
struct Operation {
  std::uint32_t first = 0;  // of the kernel's values in order of operations
  std::uint32_t count = 0;
};

/// The order in which a kernel's values are used, which is also that of weights in memory: group of
/// kernels, operation, kernel, value.
struct Order {
  std::vector<Tap> taps;
  std::vector<Operation> operations;
  std::uint32_t values = 0;  // of a kernel
};

Order order_of(const workload::nvdla::Convolution& layer, std::uint32_t block_channels);

}  // namespace sim::values::nvdla
