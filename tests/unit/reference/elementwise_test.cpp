#include "sim/reference/elementwise.h"

#include <gtest/gtest.h>

#include "sim/base/error.h"
#include "tests/unit/reference/tensors.h"

namespace sim::reference {
namespace {

using workload::Axis;

TEST(Add, ScalesEachSideAndRoundsHalvesUp) {
  const workload::Add op{.x_multiplier = 3, .y_multiplier = 1, .shift = 2};
  // (30 + 4) / 4 = 8.5, (-30 - 4) / 4 = -8.5, (381 + 127) / 4 = 127, (-384 - 128) / 4 = -128.
  const Int8Tensor x = tensor({2, 2}, {10, -10, 127, -128});
  const Int8Tensor y = tensor({2, 2}, {4, -4, 127, -128});
  EXPECT_EQ(add(op, x, y), tensor({2, 2}, {9, -8, 127, -128}));
  EXPECT_EQ(add({.x_multiplier = 3, .y_multiplier = 1, .shift = 2, .relu = true}, x, y),
            tensor({2, 2}, {9, 0, 127, 0}));
}

TEST(Add, RepeatsOneRowAndOnePixel) {
  const workload::Add op{.x_multiplier = 2, .y_multiplier = 2, .shift = 1};
  EXPECT_EQ(add(op, tensor({2, 2}, {1, 2, 3, 4}), tensor({1, 2}, {10, 20})),
            tensor({2, 2}, {11, 22, 13, 24}));
  EXPECT_EQ(add(op, tensor({2, 1, 2}, {1, 2, 3, 4}), tensor({2, 1, 1}, {10, 20})),
            tensor({2, 1, 2}, {11, 12, 23, 24}));
}

TEST(Add, UnequalShapesAreRefused) {
  const workload::Add op{};
  EXPECT_THROW(add(op, Int8Tensor({3, 2}), Int8Tensor({2, 2})), base::SimulationError);
  EXPECT_THROW(add(op, Int8Tensor({1, 2}), Int8Tensor({3, 2})), base::SimulationError);
  EXPECT_THROW(add(op, Int8Tensor({2, 2, 2}), Int8Tensor({2, 1, 2})), base::SimulationError);
  EXPECT_THROW(add(op, Int8Tensor({4, 4}), Int8Tensor({4, 1, 1})), base::SimulationError);
}

TEST(Multiply, ScalesTheProduct) {
  const workload::Multiply op{.multiplier = 3, .shift = 3};
  // 6 * 3 / 8 = 2.25, -12 * 3 / 8 = -4.5, 100 * 100 * 3 / 8, -100 * 100 * 3 / 8.
  EXPECT_EQ(multiply(op, tensor({1, 4}, {2, -3, 100, -100}), tensor({1, 4}, {3, 4, 100, 100})),
            tensor({1, 4}, {2, -4, 127, -128}));
  EXPECT_EQ(multiply(op, tensor({2, 1, 2}, {2, 4, 2, 4}), tensor({2, 1, 1}, {4, 8})),
            tensor({2, 1, 2}, {3, 6, 6, 12}));
}

TEST(Multiply, HoldsTheLargestFactors) {
  const workload::Multiply op{.multiplier = 2147483647, .shift = 45};
  // 2^14 * (2^31 - 1) / 2^45, a little below 1.
  EXPECT_EQ(multiply(op, tensor({1, 1}, {-128}), tensor({1, 1}, {-128})), tensor({1, 1}, {1}));
}

TEST(Concat, JoinsRowsFeaturesAndChannels) {
  const std::vector<Int8Tensor> tokens = {tensor({1, 2}, {1, 2}), tensor({2, 2}, {3, 4, 5, 6})};
  EXPECT_EQ(concat({.axis = Axis::kTokens, .multipliers = {2, 4}, .shift = 1}, tokens),
            tensor({3, 2}, {1, 2, 6, 8, 10, 12}));
  const std::vector<Int8Tensor> features = {tensor({2, 1}, {1, 2}), tensor({2, 2}, {3, 4, 5, 6})};
  EXPECT_EQ(concat({.axis = Axis::kFeatures, .multipliers = {2, 2}, .shift = 1}, features),
            tensor({2, 3}, {1, 3, 4, 2, 5, 6}));
  const std::vector<Int8Tensor> maps = {tensor({1, 1, 2}, {1, 2}),
                                        tensor({2, 1, 2}, {3, 4, 5, 100})};
  EXPECT_EQ(concat({.axis = Axis::kFeatures, .multipliers = {2, 3}, .shift = 1}, maps),
            tensor({3, 1, 2}, {1, 2, 5, 6, 8, 127}));
}

TEST(Split, TakesRowsFeaturesAndChannels) {
  const Int8Tensor x = tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(split({.axis = Axis::kTokens, .begin = 1, .size = 2}, x), tensor({2, 2}, {3, 4, 5, 6}));
  EXPECT_EQ(split({.axis = Axis::kFeatures, .begin = 1, .size = 1}, x), tensor({3, 1}, {2, 4, 6}));
  EXPECT_EQ(split({.axis = Axis::kFeatures, .begin = 1, .size = 2},
                  tensor({3, 1, 2}, {1, 2, 3, 4, 5, 6})),
            tensor({2, 1, 2}, {3, 4, 5, 6}));
  EXPECT_THROW(split({.axis = Axis::kTokens, .begin = 2, .size = 2}, x), base::SimulationError);
}

TEST(Flatten, KeepsMemoryOrderOrGoesPixelByPixel) {
  const Int8Tensor x = tensor({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(flatten({.to = Axis::kFeatures}, x), tensor({1, 6}, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(flatten({.to = Axis::kTokens}, x), tensor({3, 2}, {1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(flatten({.to = Axis::kFeatures}, tensor({2, 2}, {1, 2, 3, 4})),
            tensor({1, 4}, {1, 2, 3, 4}));
  EXPECT_EQ(flatten({.to = Axis::kTokens}, tensor({1, 2, 2}, {1, 2, 3, 4})),
            tensor({4, 1}, {1, 2, 3, 4}));
}

TEST(Unflatten, MakesAMapOfARow) {
  EXPECT_EQ(unflatten({.shape = {2, 1, 3}}, tensor({1, 6}, {1, 2, 3, 4, 5, 6})),
            tensor({2, 1, 3}, {1, 2, 3, 4, 5, 6}));
  EXPECT_THROW(unflatten({.shape = {2, 1, 2}}, Int8Tensor({1, 6})), base::SimulationError);
}

TEST(Activation, LooksUpEveryValue) {
  std::vector<std::int8_t> table(256);
  for (int i = 0; i < 256; ++i)
    table[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(127 - i);
  const workload::Activation op{.table = table};
  EXPECT_EQ(activation(op, tensor({1, 4}, {-128, -1, 0, 127})), tensor({1, 4}, {127, 0, -1, -128}));
}

TEST(GlobalAverage, IsOverRowsOrOverPixels) {
  const workload::GlobalAverage op{.average = {.multiplier = 3, .shift = 1}};
  // (1 + 3 + 5) * 3 / 6 = 4.5, (-1 - 3 - 5) * 3 / 6 = -4.5.
  EXPECT_EQ(global_average(op, tensor({3, 2}, {1, -1, 3, -3, 5, -5})), tensor({1, 2}, {5, -4}));
  EXPECT_EQ(global_average(op, tensor({2, 3, 1}, {1, 3, 5, -1, -3, -5})),
            tensor({2, 1, 1}, {5, -4}));
  const workload::GlobalAverage plain{};
  EXPECT_EQ(global_average(plain, tensor({1, 2}, {7, -8})), tensor({1, 2}, {7, -8}));
}

TEST(GlobalAverage, HoldsTheLargestMap) {
  Int8Tensor x({1, 8192, 8192});
  std::fill(x.data.begin(), x.data.end(), std::int8_t{-128});
  const workload::GlobalAverage op{.average = {.multiplier = (1 << 24) - 1, .shift = 31}};
  // -128 * (2^24 - 1) / 2^31, a little above -1.
  EXPECT_EQ(global_average(op, x), tensor({1, 1, 1}, {-1}));
}

}  // namespace
}  // namespace sim::reference
