#include "sim/values/nvdla/convolution.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/memory.h"
#include "sim/base/vector_clones.h"
#include "sim/values/dot_products.h"
#include "sim/values/nvdla/rounding.h"
#include "sim/values/nvdla/taps.h"

namespace sim::values::nvdla {
namespace {

using workload::nvdla::Configuration;
using workload::nvdla::Convolution;
using workload::nvdla::Precision;

/// Products of 8-bit numbers that a 32-bit sum holds whatever they are: 2^14 each.
constexpr std::uint32_t kSummedColumns = 1 << 16;

/// sums[i] += products of a's row i with b.
SIM_VECTOR_CLONES void add_wide_products(const WideRows& a, std::uint32_t rows,
                                         const std::int16_t* b, std::uint32_t columns,
                                         std::int64_t* sums) {
  for (std::uint32_t i = 0; i < rows; ++i) {
    const std::int16_t* row = a.row(i);
    std::int64_t sum = 0;
    for (std::uint32_t c = 0; c < columns; ++c) sum += std::int64_t{row[c]} * b[c];
    sums[i] += sum;
  }
}

/// One layer's kernels and windows as rows of values in the order of operations. Hardware keeps
/// sums in 34 bits (int16: 48) and saturates them. A kernel has at most 2^18 bytes, all that
/// BYTE_PER_KERNEL can state, so no sum of int8 exceeds 2^18 * 2^14 = 2^32; of int16 only 2^47
/// itself, which one less than it equals after any shift and saturation to 32 bits.
class Convolver {
 public:
  Convolver(const Convolution& layer, const Configuration& configuration, const FeatureMap& in,
            const std::vector<std::uint8_t>& weights)
      : layer_(layer),
        in_(in),
        order_(order_of(layer, configuration.block_channels)),
        kernels_(layer.kernels, order_.values),
        tile_(std::min(rows_in_cache(order_.values), whole_tiles(out_pixels()))),
        windows_(tile_, order_.values),
        sums_(std::size_t{tile_} * layer.kernels),
        out_({layer.out_width, layer.out_height, layer.kernels},
             configuration.lanes(layer.precision)) {
    unpack_weights(weights, configuration.kernels_of_group(layer.precision));
  }

  Surfaces run() {
    for (std::uint32_t first = 0; first < out_pixels(); first += tile_) {
      const std::uint32_t count = std::min(tile_, out_pixels() - first);
      for (std::uint32_t i = 0; i < count; ++i) gather(first + i, windows_.row(i));
      std::ranges::fill(sums_, 0);
      add_products(count);
      for (std::uint32_t i = 0; i < count; ++i) store(first + i, i);
    }
    return std::move(out_);
  }

 private:
  std::uint32_t out_pixels() const { return layer_.out_width * layer_.out_height; }

  /// From memory's order: group of kernels, operation, kernel, value.
  void unpack_weights(const std::vector<std::uint8_t>& bytes, std::uint32_t group) {
    const std::uint32_t each = bytes_of(layer_.precision);
    std::size_t at = 0;
    for (std::uint32_t first = 0; first < layer_.kernels; first += group) {
      const std::uint32_t last = std::min(first + group, layer_.kernels);
      for (const Operation& op : order_.operations) {
        for (std::uint32_t k = first; k < last; ++k) {
          for (std::uint32_t i = 0; i < op.count; ++i, at += each) {
            kernels_.row(k)[op.first + i] = static_cast<std::int16_t>(
                each == 1 ? static_cast<std::int8_t>(bytes[at])
                          : static_cast<std::int16_t>(bytes[at] | bytes[at + 1] << 8));
          }
        }
      }
    }
    SIM_CHECK(at == bytes.size(), "{} bytes of weights, {} used", bytes.size(), at);
  }

  /// The window of one output as a row.
  void gather(std::uint32_t pixel, std::int16_t* row) const {
    const std::int64_t top =
        std::int64_t{pixel / layer_.out_width} * layer_.stride_y - layer_.pad_top;
    const std::int64_t left =
        std::int64_t{pixel % layer_.out_width} * layer_.stride_x - layer_.pad_left;
    for (const Tap& tap : order_.taps) {
      const std::int64_t y = top + std::int64_t{tap.row} * layer_.dilation_y;
      const std::int64_t x = left + std::int64_t{tap.column} * layer_.dilation_x;
      if (y < 0 || x < 0 || y >= in_.cube.height || x >= in_.cube.width) {
        std::fill_n(row, tap.channels, static_cast<std::int16_t>(layer_.pad_value));
      } else {
        const std::int16_t* from =
            in_.pixel(static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x));
        std::copy_n(from + tap.first_channel, tap.channels, row);
      }
      row += tap.channels;
    }
  }

  void add_products(std::uint32_t count) {
    if (layer_.precision == Precision::kInt8) {
      add_narrow_products(count);
    } else {
      for (std::uint32_t i = 0; i < count; ++i) {
        add_wide_products(kernels_, layer_.kernels, windows_.row(i), order_.values,
                          &sums_[std::size_t{i} * layer_.kernels]);
      }
    }
  }

  /// Sums of 32 bits over as many columns as they hold.
  void add_narrow_products(std::uint32_t count) {
    const std::size_t stride = whole_tiles(layer_.kernels);
    partial_.resize(stride * whole_tiles(count));
    for (std::uint32_t first = 0; first < order_.values; first += kSummedColumns) {
      const std::uint32_t last = std::min(first + kSummedColumns, order_.values);
      dot_products(windows_, {0, count}, kernels_, {0, layer_.kernels},
                   whole_vectors({first, last}), partial_.data(), stride);
      for (std::uint32_t i = 0; i < count; ++i) {
        std::int64_t* sums = &sums_[std::size_t{i} * layer_.kernels];
        for (std::uint32_t k = 0; k < layer_.kernels; ++k) sums[k] += partial_[i * stride + k];
      }
    }
  }

  void store(std::uint32_t pixel, std::uint32_t i) {
    for (std::uint32_t k = 0; k < layer_.kernels; ++k) {
      const std::int64_t sum = sums_[std::size_t{i} * layer_.kernels + k];
      out_.values[out_.atom(k / out_.lanes, 0, 0) + std::size_t{pixel} * out_.lanes +
                  k % out_.lanes] =
          static_cast<std::int32_t>(saturated(rounded(sum, layer_.clip_truncate), 32));
    }
  }

  const Convolution& layer_;
  const FeatureMap& in_;
  Order order_;
  WideRows kernels_;
  std::uint32_t tile_;
  WideRows windows_;
  std::vector<std::int64_t> sums_;     // [window, kernel]
  std::vector<std::int32_t> partial_;  // the same, in whole tiles
  Surfaces out_;
};

}  // namespace

Surfaces convolve(const Convolution& layer, const Configuration& configuration,
                  const FeatureMap& in, const std::vector<std::uint8_t>& weights) {
  return Convolver(layer, configuration, in, weights).run();
}

std::uint64_t weight_bytes(const Convolution& layer) {
  return base::product({layer.kernel_width, layer.kernel_height, layer.in.channels, layer.kernels,
                        bytes_of(layer.precision)});
}

}  // namespace sim::values::nvdla
