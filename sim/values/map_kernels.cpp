#include "sim/values/map_kernels.h"

#include <algorithm>
#include <vector>

#include "sim/base/vector_clones.h"
#include "sim/reference/arithmetic.h"

namespace sim::values {
namespace {

using reference::clamp8;
using workload::WindowSide;
using workload::WindowSides;

/// y[p] = max(y[p], x[p * stride]).
SIM_VECTOR_CLONES void raise(const std::int8_t* x, std::size_t stride, std::uint32_t n,
                             std::int8_t* y) {
  if (stride == 1) {
    for (std::uint32_t p = 0; p < n; ++p) y[p] = std::max(y[p], x[p]);
  } else {
    for (std::uint32_t p = 0; p < n; ++p) y[p] = std::max(y[p], x[p * stride]);
  }
}

/// sums[p] += x[p * stride].
SIM_VECTOR_CLONES void add_run(const std::int8_t* x, std::size_t stride, std::uint32_t n,
                               std::int32_t* sums) {
  if (stride == 1) {
    for (std::uint32_t p = 0; p < n; ++p) sums[p] += x[p];
  } else {
    for (std::uint32_t p = 0; p < n; ++p) sums[p] += x[p * stride];
  }
}

/// What a window of an average divides by along one side.
std::uint32_t counted(const WindowSide& side, std::uint32_t position, bool count_padding) {
  WindowSide counted = side;
  if (count_padding) {  // all of the padding is as good as the map
    counted.size = side.size + side.before + side.after;
    counted.before = 0;
  }
  const workload::Taps taps = workload::taps_inside(counted, position);
  return taps.last - taps.first;
}

/// Sums of squares, channel after channel: those of the next one have one channel more and one
/// less. At most 255 * 2^14.
SIM_VECTOR_CLONES void add_squares(const std::int8_t* x, std::int32_t sign, std::size_t n,
                                   std::int32_t* sums) {
  for (std::size_t p = 0; p < n; ++p) sums[p] += sign * (x[p] * x[p]);
}

void scale_by_table(const workload::LocalResponseNorm& op, const std::int8_t* x,
                    const std::int32_t* sums, std::size_t n, std::int8_t* y) {
  const auto last = static_cast<std::uint32_t>(op.table.size() - 1);
  for (std::size_t p = 0; p < n; ++p) {
    const std::uint32_t entry =
        std::min(static_cast<std::uint32_t>(sums[p]) >> op.table_shift, last);
    y[p] = clamp8(reference::rshift(std::int64_t{x[p]} * op.table[entry], op.shift));
  }
}

}  // namespace

void max_pool2d(const workload::MaxPool2d& op, MapSize size, const std::int8_t* x, std::int8_t* y) {
  const WindowSides sides = workload::window_sides(op.windows, size.rows, size.columns);
  const MapSize out = windowed_size(sides, size.channels);
  std::fill_n(y, out.channels * out.pixels(), std::int8_t{-128});
  for (std::uint32_t c = 0; c < out.channels; ++c) {
    for (std::uint32_t i = 0; i < out.rows; ++i, y += out.columns) {
      each_run(sides, i, out.columns, x + c * size.pixels(),
               [&](auto, auto, auto first, auto count, const std::int8_t* run) {
                 raise(run, op.windows.stride[1], count, y + first);
               });
    }
  }
}

void average_pool2d(const workload::AveragePool2d& op, MapSize size, const std::int8_t* x,
                    std::int8_t* y) {
  const WindowSides sides = workload::window_sides(op.windows, size.rows, size.columns);
  const MapSize out = windowed_size(sides, size.channels);
  std::vector<std::int32_t> sums(out.columns);
  for (std::uint32_t c = 0; c < out.channels; ++c) {
    for (std::uint32_t i = 0; i < out.rows; ++i, y += out.columns) {
      std::fill(sums.begin(), sums.end(), 0);
      each_run(sides, i, out.columns, x + c * size.pixels(),
               [&](auto, auto, auto first, auto count, const std::int8_t* run) {
                 add_run(run, op.windows.stride[1], count, sums.data() + first);
               });
      const std::int64_t rows = counted(sides[0], i, op.count_padding);
      for (std::uint32_t j = 0; j < out.columns; ++j) {
        const std::int64_t n = rows * counted(sides[1], j, op.count_padding);
        y[j] = clamp8(reference::nearest(std::int64_t{sums[j]} * op.average.multiplier,
                                         n << op.average.shift));
      }
    }
  }
}

void upsample(const workload::Upsample& op, MapSize size, const std::int8_t* x, std::int8_t* y) {
  const bool zeros = op.fill == workload::Upsample::Fill::kZeros;
  const auto columns =
      static_cast<std::size_t>(workload::upsampled_size(op.fill, size.columns, op.factor[1]));
  for (std::uint32_t c = 0; c < size.channels; ++c) {
    for (std::uint32_t i = 0; i < size.rows; ++i, x += size.columns) {
      std::int8_t* const row = y;
      y += columns;
      std::fill(row, y, std::int8_t{0});
      for (std::size_t j = 0; j < size.columns; ++j) {
        std::fill_n(row + j * op.factor[1], zeros ? 1 : op.factor[1], x[j]);
      }
      if (zeros && i + 1 == size.rows) continue;  // nothing lies behind the last row
      for (std::uint32_t repeat = 1; repeat < op.factor[0]; ++repeat, y += columns) {
        if (zeros) {
          std::fill_n(y, columns, std::int8_t{0});
        } else {
          std::copy_n(row, columns, y);
        }
      }
    }
  }
}

void local_response_norm(const workload::LocalResponseNorm& op, MapSize size, const std::int8_t* x,
                         std::int8_t* y) {
  const std::size_t pixels = size.pixels();
  const std::uint32_t below = op.size / 2;
  const std::uint32_t above = (op.size - 1) / 2;
  std::vector<std::int32_t> sums(pixels);
  for (std::uint32_t c = 0; c < std::min(above, size.channels); ++c) {
    add_squares(x + c * pixels, 1, pixels, sums.data());
  }
  for (std::uint32_t c = 0; c < size.channels; ++c) {
    if (c + above < size.channels) add_squares(x + (c + above) * pixels, 1, pixels, sums.data());
    if (c > below) add_squares(x + (c - below - 1) * pixels, -1, pixels, sums.data());
    scale_by_table(op, x + c * pixels, sums.data(), pixels, y + c * pixels);
  }
}

}  // namespace sim::values
