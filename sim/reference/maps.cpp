#include "sim/reference/maps.h"

#include <algorithm>
#include <optional>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"
#include "sim/workload/map_shapes.h"

namespace sim::reference {
namespace {

using workload::WindowSide;
using workload::WindowSides;

bool in_map(const Int8Tensor& x, std::int64_t row, std::int64_t column) {
  return row >= 0 && row < x.dim(1) && column >= 0 && column < x.dim(2);
}

std::int8_t at(const Int8Tensor& x, std::uint32_t channel, std::int64_t row, std::int64_t column) {
  return x.at(channel, static_cast<std::size_t>(row), static_cast<std::size_t>(column));
}

/// The map that windows over x make.
Int8Tensor windowed(const WindowSides& sides, std::uint32_t channels) {
  const std::uint32_t rows = workload::window_positions(sides[0]);
  const std::uint32_t columns = workload::window_positions(sides[1]);
  SIM_CHECK(rows > 0 && columns > 0, "no window fits the map");
  return Int8Tensor({channels, rows, columns});
}

/// use(r, s, row, column) for each tap (r, s) of window (i, j).
template <class Use>
void each_tap(const WindowSides& sides, std::uint32_t i, std::uint32_t j, const Use& use) {
  for (std::uint32_t r = 0; r < sides[0].kernel; ++r) {
    for (std::uint32_t s = 0; s < sides[1].kernel; ++s) {
      use(r, s, workload::window_element(sides[0], i, r), workload::window_element(sides[1], j, s));
    }
  }
}

/// y[c,i,j] = value(c, i, j).
template <class Value>
Int8Tensor filled(Int8Tensor y, const Value& value) {
  for (std::uint32_t c = 0; c < y.dim(0); ++c) {
    for (std::uint32_t i = 0; i < y.dim(1); ++i) {
      for (std::uint32_t j = 0; j < y.dim(2); ++j) y.at(c, i, j) = value(c, i, j);
    }
  }
  return y;
}

bool in_map_or_padding(const WindowSide& side, std::int64_t element) {
  return element >= -std::int64_t{side.before} &&
         element < std::int64_t{side.size} + std::int64_t{side.after};
}

}  // namespace

Int8Tensor conv2d(const workload::Conv2d& op, const Int8Tensor& x) {
  const WindowSides sides = workload::window_sides(op, x.dim(1), x.dim(2));
  const workload::Weights& weights = op.weights;
  const std::uint32_t channels = x.dim(0) / op.groups;  // that an output reads
  return filled(windowed(sides, weights.outputs), [&](auto o, auto i, auto j) {
    const std::uint32_t first = o / (weights.outputs / op.groups) * channels;
    std::int64_t sum = weights.bias[o];
    for (std::uint32_t c = 0; c < channels; ++c) {
      each_tap(sides, i, j, [&](auto r, auto s, auto row, auto column) {
        const std::size_t at_tap = (std::size_t{c} * op.kernel[0] + r) * op.kernel[1] + s;
        const std::int64_t weight = weights.weight[std::size_t{o} * weights.inputs + at_tap];
        if (in_map(x, row, column)) sum += weight * at(x, first + c, row, column);
      });
    }
    const std::int64_t accumulator = base::narrow<std::int32_t>(sum);
    const std::int8_t y = clamp8(rshift(accumulator * weights.multipliers[o], weights.shift));
    return weights.relu ? std::max<std::int8_t>(y, 0) : y;
  });
}

Int8Tensor max_pool2d(const workload::MaxPool2d& op, const Int8Tensor& x) {
  const WindowSides sides = workload::window_sides(op.windows, x.dim(1), x.dim(2));
  return filled(windowed(sides, x.dim(0)), [&](auto c, auto i, auto j) {
    std::optional<std::int8_t> greatest;
    each_tap(sides, i, j, [&](auto, auto, auto row, auto column) {
      if (!in_map(x, row, column)) return;
      greatest = std::max(greatest.value_or(-128), at(x, c, row, column));
    });
    SIM_CHECK(greatest.has_value(), "a window without an element");
    return *greatest;
  });
}

Int8Tensor average_pool2d(const workload::AveragePool2d& op, const Int8Tensor& x) {
  const WindowSides sides = workload::window_sides(op.windows, x.dim(1), x.dim(2));
  return filled(windowed(sides, x.dim(0)), [&](auto c, auto i, auto j) {
    std::int64_t sum = 0;
    std::int64_t elements = 0;
    std::int64_t places = 0;
    each_tap(sides, i, j, [&](auto, auto, auto row, auto column) {
      if (in_map_or_padding(sides[0], row) && in_map_or_padding(sides[1], column)) ++places;
      if (!in_map(x, row, column)) return;
      sum += at(x, c, row, column);
      ++elements;
    });
    const std::int64_t n = op.count_padding ? places : elements;
    SIM_CHECK(n > 0, "a window without a place to count");
    return clamp8(nearest(sum * op.average.multiplier, n << op.average.shift));
  });
}

Int8Tensor upsample(const workload::Upsample& op, const Int8Tensor& x) {
  const auto size = [&](std::size_t side) {
    return base::narrow<std::uint32_t>(
        workload::upsampled_size(op.fill, x.dim(side + 1), op.factor[side]));
  };
  return filled(Int8Tensor({x.dim(0), size(0), size(1)}), [&](auto c, auto i, auto j) {
    const bool between = i % op.factor[0] != 0 || j % op.factor[1] != 0;
    if (op.fill == workload::Upsample::Fill::kZeros && between) return std::int8_t{0};
    return x.at(c, i / op.factor[0], j / op.factor[1]);
  });
}

Int8Tensor local_response_norm(const workload::LocalResponseNorm& op, const Int8Tensor& x) {
  return filled(Int8Tensor(x.shape), [&](auto c, auto i, auto j) {
    const std::int64_t first = std::int64_t{c} - op.size / 2;
    const std::int64_t last = std::int64_t{c} + (op.size - 1) / 2;
    std::int64_t squares = 0;
    for (std::int64_t d = first; d <= last; ++d) {
      if (d < 0 || d >= x.dim(0)) continue;
      const std::int64_t value = x.at(static_cast<std::size_t>(d), i, j);
      squares += value * value;
    }
    const auto entry = std::min<std::size_t>(static_cast<std::size_t>(squares >> op.table_shift),
                                             op.table.size() - 1);
    return clamp8(rshift(std::int64_t{x.at(c, i, j)} * op.table[entry], op.shift));
  });
}

}  // namespace sim::reference
