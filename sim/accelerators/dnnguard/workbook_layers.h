#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/workload/network.h"

namespace sim::dnnguard::workbook {

struct MapSize {
  std::uint32_t channels = 0;
  std::uint32_t height = 1;
  std::uint32_t width = 1;
};

/// A row of the workbook: a convolution (of one group, as often as there are groups) or a fully
/// connected layer, with what runs on the fly behind it.
struct LayerSize {
  std::string name{};
  std::uint32_t groups = 1;
  MapSize in{};
  MapSize out{};
  MapSize stored{};  // what is written: pooled, where a pool is all that reads the output
  std::uint32_t kernel_height = 1;
  std::uint32_t kernel_width = 1;
  std::uint32_t stride_y = 1;
  std::uint32_t stride_x = 1;
  bool padded = false;
  bool fully_connected = false;
  bool adds = false;  // the other operand of an addition, which is read as large as what is written
};

/// In the order in which they run. Throws base::WorkloadError for networks that take no tensors.
std::vector<LayerSize> layer_sizes(const workload::Network& network);

}  // namespace sim::dnnguard::workbook
