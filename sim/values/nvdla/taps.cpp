#include "sim/values/nvdla/taps.h"

#include <algorithm>

namespace sim::values::nvdla {
namespace {

using workload::nvdla::Convolution;

class Builder {
 public:
  explicit Builder(const Convolution& layer) : layer_(layer) {}

  /// Blocks of channels, rows, columns.
  void features(std::uint32_t block) {
    for (std::uint32_t c = 0; c < layer_.in.channels; c += block) {
      const std::uint32_t count = std::min(block, layer_.in.channels - c);
      for (std::uint32_t r = 0; r < layer_.kernel_height; ++r) {
        for (std::uint32_t s = 0; s < layer_.kernel_width; ++s) {
          begin();
          tap(r, s, c, count);
        }
      }
    }
  }

  /// Columns count as channels: blocks of them, rows. Several rows may be merged, if a row is short
  /// enough.
  void pixels(std::uint32_t block) {
    const std::uint32_t merged = layer_.image->rows_merged;
    const std::uint32_t extended = layer_.kernel_width * layer_.in.channels;
    for (std::uint32_t first = 0; first < extended; first += block) {
      const std::uint32_t last = std::min(first + block, extended);
      for (std::uint32_t r = 0; r < layer_.kernel_height; ++r) {
        if (r % merged == 0) begin();
        run_of_pixels(r, first, last);
      }
    }
  }

  Order take() { return std::move(order_); }

 private:
  void begin() { order_.operations.push_back({order_.values, 0}); }

  void tap(std::uint32_t r, std::uint32_t s, std::uint32_t c, std::uint32_t count) {
    order_.taps.push_back({r, s, c, count});
    order_.operations.back().count += count;
    order_.values += count;
  }

  void run_of_pixels(std::uint32_t r, std::uint32_t first, std::uint32_t last) {
    const std::uint32_t channels = layer_.in.channels;
    while (first < last) {
      const std::uint32_t c = first % channels;
      const std::uint32_t count = std::min(channels - c, last - first);
      tap(r, first / channels, c, count);
      first += count;
    }
  }

  const Convolution& layer_;
  Order order_;
};

}  // namespace

Order order_of(const Convolution& layer, std::uint32_t block_channels) {
  Builder builder(layer);
  if (layer.image) {
    builder.pixels(block_channels);
  } else {
    builder.features(block_channels);
  }
  return builder.take();
}

}  // namespace sim::values::nvdla
