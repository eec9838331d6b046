#include "sim/values/map_kernels.h"

#include <gtest/gtest.h>

#include "sim/reference/maps.h"
#include "sim/values/conv_kernels.h"
#include "tests/unit/values/random_operands.h"

namespace sim::values {
namespace {

using reference::Int8Tensor;
using workload::Conv2d;
using workload::Windows;

MapSize size_of(const Int8Tensor& x) { return {x.dim(0), x.dim(1), x.dim(2)}; }

Int8Tensor windowed(const workload::WindowSides& sides, std::uint32_t channels) {
  const MapSize size = windowed_size(sides, channels);
  return Int8Tensor({size.channels, size.rows, size.columns});
}

/// Padding may be wider than the kernel and the map.
Windows any_windows(Operands& draw, std::uint32_t most_padding) {
  const auto pair = [&](std::uint32_t most) {
    return workload::Pair{draw.size(most), draw.size(most)};
  };
  const auto side = [&] { return draw.maybe() ? 0 : draw.upto(most_padding); };
  return {.kernel = pair(5),
          .stride = pair(7),
          .dilation = pair(3),
          .padding = {side(), side(), side(), side()},
          .ceil_mode = draw.maybe()};
}

/// Windows of a pool: padding is narrower than a window.
Windows pool_windows(Operands& draw, bool dilated) {
  Windows windows = any_windows(draw, 0);
  if (!dilated) windows.dilation = {1, 1};
  const auto padding = [&](std::size_t side) {
    return draw.upto(windows.dilation[side] * (windows.kernel[side] - 1));
  };
  windows.padding = {padding(0), padding(1), padding(0), padding(1)};
  return windows;
}

/// Runs `check` on as many random maps that windows of `make` fit on.
template <class Make, class Check>
void for_each_case(const Make& make, const Check& check) {
  int cases = 0;
  for (int seed = 0; cases < kCasesOfAKind; ++seed) {
    SCOPED_TRACE(seed);
    Operands draw(seed);
    const auto op = make(draw);
    const Int8Tensor x = draw.bytes({draw.size(7), draw.size(20), draw.size(20)});
    if (!check(draw, op, x)) continue;
    ++cases;
    if (testing::Test::HasFatalFailure()) return;
  }
}

bool fit(const workload::WindowSides& sides) {
  return workload::window_positions(sides[0]) > 0 && workload::window_positions(sides[1]) > 0;
}

/// One convolution with `op`'s windows.
void expect_same_conv(Operands& draw, const Windows& windows, const Int8Tensor& x,
                      std::uint32_t outputs, std::uint32_t groups) {
  const OwnedWeights weights(draw, outputs,
                             x.dim(0) / groups * windows.kernel[0] * windows.kernel[1]);
  const Conv2d op{.weights = weights.view,
                  .kernel = windows.kernel,
                  .stride = windows.stride,
                  .dilation = windows.dilation,
                  .padding = windows.padding,
                  .groups = groups};
  Int8Tensor y = windowed(workload::window_sides(op, x.dim(1), x.dim(2)), outputs);
  conv2d(op, size_of(x), x.data.data(), y.data.data());
  ASSERT_EQ(y, reference::conv2d(op, x));
}

TEST(MapKernels, ConvolutionsEqualTheReference) {
  const auto windows = [](Operands& draw) {
    Windows any = any_windows(draw, 9);
    any.ceil_mode = false;
    return any;
  };
  for_each_case(windows, [](Operands& draw, const Windows& op, const Int8Tensor& x) {
    if (!fit(workload::window_sides(op, x.dim(1), x.dim(2)))) return false;
    expect_same_conv(draw, op, x, draw.size(9), 1);
    return true;
  });
}

TEST(MapKernels, ConvolutionsOfGroupsEqualTheReference) {
  const auto windows = [](Operands& draw) {
    Windows any = any_windows(draw, 4);
    any.ceil_mode = false;
    return any;
  };
  for_each_case(windows, [](Operands& draw, const Windows& op, const Int8Tensor& group) {
    if (!fit(workload::window_sides(op, group.dim(1), group.dim(2)))) return false;
    const std::uint32_t groups = draw.size(5);
    const std::uint32_t channels = draw.maybe() ? 1 : std::min(group.dim(0), 4U);
    const Int8Tensor x = draw.bytes({groups * channels, group.dim(1), group.dim(2)});
    expect_same_conv(draw, op, x, groups * draw.size(6), groups);
    return true;
  });
}

TEST(MapKernels, ConvolutionTakesMorePixelsAndOutputsThanABlockHolds) {
  Operands draw(1);
  const Int8Tensor x = draw.bytes({40, 23, 25});
  expect_same_conv(draw, {.kernel = {3, 3}, .padding = {1, 1, 1, 1}}, x, 70, 1);
  expect_same_conv(draw, {}, x, 131, 1);
}

TEST(MapKernels, MaxPoolsEqualTheReference) {
  const auto pool = [](Operands& draw) {
    return workload::MaxPool2d{.windows = pool_windows(draw, true)};
  };
  for_each_case(pool, [](Operands&, const workload::MaxPool2d& op, const Int8Tensor& x) {
    const auto sides = workload::window_sides(op.windows, x.dim(1), x.dim(2));
    if (!fit(sides) || !workload::every_window_has_element(sides)) return false;
    Int8Tensor y = windowed(sides, x.dim(0));
    max_pool2d(op, size_of(x), x.data.data(), y.data.data());
    [&] { ASSERT_EQ(y, reference::max_pool2d(op, x)); }();
    return true;
  });
}

TEST(MapKernels, AveragePoolsEqualTheReference) {
  const auto pool = [](Operands& draw) {
    return workload::AveragePool2d{
        .windows = pool_windows(draw, false),
        .count_padding = draw.maybe(),
        .average = {.multiplier = draw.multiplier(24), .shift = draw.upto(31)}};
  };
  for_each_case(pool, [](Operands&, const workload::AveragePool2d& op, const Int8Tensor& x) {
    const auto sides = workload::window_sides(op.windows, x.dim(1), x.dim(2));
    if (!fit(sides)) return false;
    Int8Tensor y = windowed(sides, x.dim(0));
    average_pool2d(op, size_of(x), x.data.data(), y.data.data());
    [&] { ASSERT_EQ(y, reference::average_pool2d(op, x)); }();
    return true;
  });
}

TEST(MapKernels, UpsamplingEqualsTheReference) {
  const auto make = [](Operands& draw) {
    using enum workload::Upsample::Fill;
    return workload::Upsample{.factor = {draw.size(4), draw.size(4)},
                              .fill = draw.maybe() ? kZeros : kNearest};
  };
  for_each_case(make, [](Operands&, const workload::Upsample& op, const Int8Tensor& x) {
    const Int8Tensor expected = reference::upsample(op, x);
    Int8Tensor y(expected.shape);
    std::fill(y.data.begin(), y.data.end(), std::int8_t{99});
    upsample(op, size_of(x), x.data.data(), y.data.data());
    [&] { ASSERT_EQ(y, expected); }();
    return true;
  });
}

TEST(MapKernels, LocalResponseNormsEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const auto table = draw.halves(2 + draw.upto(300));
    const workload::LocalResponseNorm op{.table = table,
                                         .size = draw.maybe() ? draw.size(12) : draw.size(255),
                                         .table_shift = draw.upto(draw.maybe() ? 31 : 12),
                                         .shift = draw.shift(22)};
    const Int8Tensor x = draw.bytes({draw.size(14), draw.size(5), draw.size(9)});
    Int8Tensor y(x.shape);
    local_response_norm(op, size_of(x), x.data.data(), y.data.data());
    ASSERT_EQ(y, reference::local_response_norm(op, x)) << seed;
  }
}

}  // namespace
}  // namespace sim::values
