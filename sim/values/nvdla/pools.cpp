#include "sim/values/nvdla/pools.h"

#include <numeric>

#include "sim/values/nvdla/look_up.h"
#include "sim/values/nvdla/rounding.h"

namespace sim::values::nvdla {
namespace {

using workload::nvdla::Cdp;
using workload::nvdla::Pdp;
using workload::nvdla::Pooling;
using workload::nvdla::Precision;

/// The real part of a window along one axis.
struct Span {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t missing = 0;
};

Span span_of(std::uint32_t out, std::uint32_t stride, std::uint32_t pad, std::uint32_t kernel,
             std::uint32_t size) {
  const std::int64_t begin = std::int64_t{out} * stride - pad;
  const std::int64_t first = std::max<std::int64_t>(begin, 0);
  const std::int64_t end = std::min<std::int64_t>(begin + kernel, size);
  const auto count = static_cast<std::uint32_t>(end - first);
  return {static_cast<std::uint32_t>(first), count, kernel - count};
}

class Window {
 public:
  Window(const Pdp& layer, const Surfaces& in) : layer_(layer), in_(in) {}

  std::int32_t extreme(std::uint32_t surface, Span rows, Span columns, std::uint32_t lane) const {
    std::int32_t best = in_.values[in_.atom(surface, rows.first, columns.first) + lane];
    for (std::uint32_t y = 0; y < rows.count; ++y) {
      for (std::uint32_t x = 0; x < columns.count; ++x) {
        const std::int32_t v =
            in_.values[in_.atom(surface, rows.first + y, columns.first + x) + lane];
        best = layer_.method == Pooling::kMax ? std::max(best, v) : std::min(best, v);
      }
    }
    return best;
  }

  std::int32_t average(std::uint32_t surface, Span rows, Span columns, std::uint32_t lane) const {
    std::int64_t total = 0;
    for (std::uint32_t y = 0; y < rows.count; ++y) {
      for (std::uint32_t x = 0; x < columns.count; ++x) {
        total += in_.values[in_.atom(surface, rows.first + y, columns.first + x) + lane];
      }
      total += column_padding(columns.missing);
    }
    if (rows.missing > 0) {
      total += std::int64_t{layer_.pad_values[rows.missing]} * layer_.kernel_width;
    }
    const std::int64_t across = rounded(total * layer_.reciprocal_width, 16);
    const std::int64_t both = rounded(across * layer_.reciprocal_height, 16);
    return static_cast<std::int32_t>(wrapped(both, 8 * bytes_of(layer_.precision)));
  }

 private:
  /// Fewer bits are wired to columns, which is where int8 needs no more.
  std::int64_t column_padding(std::uint32_t missing) const {
    if (missing == 0) return 0;
    const std::int64_t value = layer_.pad_values[missing];
    return layer_.precision == Precision::kInt8 ? wrapped(value, 11) : value;
  }

  const Pdp& layer_;
  const Surfaces& in_;
};

/// One pixel's channels on their way through CDP.
class Pixel {
 public:
  Pixel(const Cdp& layer, std::size_t channels)
      : layer_(layer), inputs_(channels + 2 * kReach), squares_(inputs_.size()) {}

  /// Channel c, as the input converter gives it.
  void set(std::size_t c, std::int32_t x) {
    const std::uint32_t bits = layer_.precision == Precision::kInt8 ? 9 : 17;
    inputs_[c + kReach] = converted(x, layer_.in_converter, bits);
    squares_[c + kReach] = inputs_[c + kReach] * inputs_[c + kReach];
  }

  std::int32_t result(std::size_t c) const {
    const std::uint32_t reach = (layer_.length - 1) / 2;
    const std::int64_t v = inputs_[c + kReach];
    const auto begin = squares_.begin() + static_cast<std::ptrdiff_t>(c + kReach - reach);
    const std::int64_t q =
        layer_.sum_squares ? std::accumulate(begin, begin + layer_.length, std::int64_t{0}) : v;
    const std::int64_t y = looked_up(layer_.look_up, q, TablesOf::kCdp);
    return static_cast<std::int32_t>(converted(layer_.multiply ? y * v : y, layer_.out_converter,
                                               8 * bytes_of(layer_.precision)));
  }

 private:
  static constexpr std::size_t kReach = 4;  // of the longest sum, on both sides: zeros

  const Cdp& layer_;
  std::vector<std::int64_t> inputs_;
  std::vector<std::int64_t> squares_;
};

}  // namespace

Surfaces run_pdp(const Pdp& layer, const Surfaces& in) {
  Surfaces out(layer.out, in.lanes);
  const Window window(layer, in);
  for (std::uint32_t s = 0; s < out.surfaces(); ++s) {
    for (std::uint32_t y = 0; y < out.cube.height; ++y) {
      const Span rows =
          span_of(y, layer.stride_y, layer.pad_top, layer.kernel_height, layer.in.height);
      for (std::uint32_t x = 0; x < out.cube.width; ++x) {
        const Span columns =
            span_of(x, layer.stride_x, layer.pad_left, layer.kernel_width, layer.in.width);
        for (std::uint32_t lane = 0; lane < out.lanes; ++lane) {
          out.values[out.atom(s, y, x) + lane] = layer.method == Pooling::kAverage
                                                     ? window.average(s, rows, columns, lane)
                                                     : window.extreme(s, rows, columns, lane);
        }
      }
    }
  }
  return out;
}

void run_cdp(const Cdp& layer, Surfaces& cube) {
  Pixel pixel(layer, std::size_t{cube.surfaces()} * cube.lanes);
  for (std::size_t p = 0; p < cube.pixels(); ++p) {
    const auto value = [&](std::size_t c) -> std::int32_t& {
      return cube.values[(c / cube.lanes * cube.pixels() + p) * cube.lanes + c % cube.lanes];
    };
    for (std::size_t c = 0; c < cube.cube.channels; ++c) pixel.set(c, value(c));
    for (std::size_t c = 0; c < std::size_t{cube.surfaces()} * cube.lanes; ++c) {
      value(c) = pixel.result(c);
    }
  }
}

}  // namespace sim::values::nvdla
