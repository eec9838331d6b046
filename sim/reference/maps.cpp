#include "sim/reference/maps.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"
#include "sim/workload/map_shapes.h"

namespace sim::reference {
namespace {

using workload::WindowSides;

/// Calls visit(row of the kernel, column of the kernel, row of the map, column of the map) for
/// every element of a window that exists.
template <class Visit>
void visit_window(const WindowSides& sides, std::uint32_t i, std::uint32_t j, const Visit& visit) {
  for (std::uint32_t r = 0; r < sides.y.kernel; ++r) {
    const std::int64_t y = sides.y.first(i) + std::int64_t{r} * sides.y.dilation;
    if (!sides.y.exists(y)) continue;
    for (std::uint32_t s = 0; s < sides.x.kernel; ++s) {
      const std::int64_t x = sides.x.first(j) + std::int64_t{s} * sides.x.dilation;
      if (!sides.x.exists(x)) continue;
      visit(r, s, static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x));
    }
  }
}

std::int64_t convolve(const workload::Conv2d& op, const WindowSides& sides, const Int8Tensor& x,
                      std::uint32_t o, std::uint32_t i, std::uint32_t j) {
  const std::uint32_t channels = x.dim(0) / op.groups;
  const std::uint32_t first = o / (op.weights.outputs / op.groups) * channels;
  const std::int8_t* weight = &op.weights.weight[std::size_t{o} * op.weights.inputs];
  std::int64_t sum = op.weights.bias[o];
  for (std::uint32_t c = 0; c < channels; ++c) {
    visit_window(sides, i, j, [&](auto r, auto s, auto row, auto column) {
      const std::size_t place = (std::size_t{c} * op.kernel[0] + r) * op.kernel[1] + s;
      sum += std::int64_t{weight[place]} * x.at(first + c, row, column);
    });
  }
  return base::narrow<std::int32_t>(sum);
}

Int8Tensor windows_of(const WindowSides& sides, std::uint32_t channels) {
  return Int8Tensor({channels, sides.y.outputs(), sides.x.outputs()});
}

}  // namespace

Int8Tensor conv2d(const workload::Conv2d& op, const Int8Tensor& x) {
  const WindowSides sides = workload::sides_of(op, x.dim(1), x.dim(2));
  Int8Tensor y = windows_of(sides, op.weights.outputs);
  for (std::uint32_t o = 0; o < y.dim(0); ++o) {
    for (std::uint32_t i = 0; i < y.dim(1); ++i) {
      for (std::uint32_t j = 0; j < y.dim(2); ++j) {
        const std::int64_t sum = convolve(op, sides, x, o, i, j) * op.weights.multipliers[o];
        const std::int8_t value = clamp8(rshift(sum, op.weights.shift));
        y.at(o, i, j) = op.weights.relu ? std::max<std::int8_t>(value, 0) : value;
      }
    }
  }
  return y;
}

Int8Tensor max_pool2d(const workload::MaxPool2d& op, const Int8Tensor& x) {
  const WindowSides sides = workload::sides_of(op.windows, x.dim(1), x.dim(2));
  Int8Tensor y = windows_of(sides, x.dim(0));
  for (std::uint32_t c = 0; c < y.dim(0); ++c) {
    for (std::uint32_t i = 0; i < y.dim(1); ++i) {
      for (std::uint32_t j = 0; j < y.dim(2); ++j) {
        std::int8_t most = -128;
        visit_window(sides, i, j, [&](auto, auto, auto row, auto column) {
          most = std::max(most, x.at(c, row, column));
        });
        y.at(c, i, j) = most;
      }
    }
  }
  return y;
}

Int8Tensor average_pool2d(const workload::AveragePool2d& op, const Int8Tensor& x) {
  const WindowSides sides = workload::sides_of(op.windows, x.dim(1), x.dim(2));
  Int8Tensor y = windows_of(sides, x.dim(0));
  for (std::uint32_t c = 0; c < y.dim(0); ++c) {
    for (std::uint32_t i = 0; i < y.dim(1); ++i) {
      for (std::uint32_t j = 0; j < y.dim(2); ++j) {
        std::int64_t sum = 0;
        std::int64_t number = 0;
        visit_window(sides, i, j, [&](auto, auto, auto row, auto column) {
          sum += x.at(c, row, column);
          ++number;
        });
        if (op.count_padding) number = std::int64_t{sides.y.places(i)} * sides.x.places(j);
        y.at(c, i, j) = average(op.average, sum, number);
      }
    }
  }
  return y;
}

Int8Tensor upsample(const workload::Upsample& op, const Int8Tensor& x) {
  const auto [fy, fx] = op.factor;
  const bool zeros = op.fill == workload::Upsample::Fill::kZeros;
  Int8Tensor y({x.dim(0), zeros ? (x.dim(1) - 1) * fy + 1 : x.dim(1) * fy,
                zeros ? (x.dim(2) - 1) * fx + 1 : x.dim(2) * fx});
  for (std::uint32_t c = 0; c < y.dim(0); ++c) {
    for (std::uint32_t i = 0; i < y.dim(1); ++i) {
      for (std::uint32_t j = 0; j < y.dim(2); ++j) {
        const bool between = zeros && (i % fy != 0 || j % fx != 0);
        y.at(c, i, j) = between ? std::int8_t{0} : x.at(c, i / fy, j / fx);
      }
    }
  }
  return y;
}

Int8Tensor flatten(const workload::Flatten& op, const Int8Tensor& x) {
  if (op.to == workload::Axis::kFeatures) {
    Int8Tensor y({1, static_cast<std::uint32_t>(x.data.size())});
    y.data = x.data;
    return y;
  }
  Int8Tensor y({x.dim(1) * x.dim(2), x.dim(0)});
  for (std::uint32_t l = 0; l < y.dim(0); ++l) {
    for (std::uint32_t c = 0; c < y.dim(1); ++c) y.at(l, c) = x.at(c, l / x.dim(2), l % x.dim(2));
  }
  return y;
}

Int8Tensor unflatten(const workload::Unflatten& op, const Int8Tensor& x) {
  Int8Tensor y({op.shape[0], op.shape[1], op.shape[2]});
  y.data = x.data;
  return y;
}

Int8Tensor local_response_norm(const workload::LocalResponseNorm& op, const Int8Tensor& x) {
  Int8Tensor y(x.shape);
  const std::uint32_t below = op.size / 2;
  const std::uint32_t above = (op.size - 1) / 2;
  const std::size_t pixels = std::size_t{x.dim(1)} * x.dim(2);
  for (std::uint32_t c = 0; c < x.dim(0); ++c) {
    const std::uint32_t first = c - std::min(c, below);
    const std::uint32_t last = std::min(c + above, x.dim(0) - 1);
    for (std::size_t p = 0; p < pixels; ++p) {
      std::uint64_t sum = 0;
      for (std::size_t k = first; k <= last; ++k) {
        const std::int64_t value = x.data[k * pixels + p];
        sum += static_cast<std::uint64_t>(value * value);
      }
      const std::size_t entry = std::min<std::size_t>(sum >> op.table_shift, op.table.size() - 1);
      const std::int64_t value = x.data[c * pixels + p];
      y.data[c * pixels + p] = clamp8(rshift(value * op.table[entry], op.shift));
    }
  }
  return y;
}

}  // namespace sim::reference
