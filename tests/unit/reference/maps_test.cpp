#include "sim/reference/maps.h"

#include <gtest/gtest.h>

#include <limits>

#include "sim/base/error.h"
#include "tests/unit/reference/tensors.h"

namespace sim::reference {
namespace {

using workload::AveragePool2d;
using workload::Conv2d;
using workload::LocalResponseNorm;
using workload::MaxPool2d;
using workload::Upsample;

/// A convolution whose results are its accumulators, halved: multipliers 1, shift 1.
struct ConvTest : testing::Test {
  Int8Tensor run(const Int8Tensor& x) {
    op.weights.weight = weight;
    op.weights.outputs = static_cast<std::uint32_t>(bias.size());
    op.weights.inputs = static_cast<std::uint32_t>(weight.size() / bias.size());
    op.weights.bias = bias;
    multipliers.resize(bias.size(), 1);
    op.weights.multipliers = multipliers;
    return conv2d(op, x);
  }
  std::vector<std::int8_t> weight;
  std::vector<std::int32_t> bias = {0};
  std::vector<std::int32_t> multipliers;
  Conv2d op;
};

const Int8Tensor kNine = tensor({1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});

TEST_F(ConvTest, SlidesItsKernelOverTheMap) {
  weight = {2, 0, 0, 4};
  bias = {10};
  op.kernel = {2, 2};
  // (10 + 2a + 4d) / 2 for windows (1, 5), (2, 6), (4, 8), (5, 9).
  EXPECT_EQ(run(kNine), tensor({1, 2, 2}, {16, 19, 25, 28}));
}

TEST_F(ConvTest, OneByOneMixesChannelsAndScalesEachOutputByItsOwn) {
  weight = {1, 2, 3, -1};
  bias = {0, 1};
  multipliers = {1, 5};
  // Pixels (10, 1), (-3, 4): 12 -> 6, 5 -> 2.5 -> 3; (1 + 29) * 5 = 150 -> 75, (1 - 13) * 5 -> -30.
  EXPECT_EQ(run(tensor({2, 1, 2}, {10, -3, 1, 4})), tensor({2, 1, 2}, {6, 3, 75, -30}));
  op.weights.relu = true;
  EXPECT_EQ(run(tensor({2, 1, 2}, {10, -3, 1, 4})), tensor({2, 1, 2}, {6, 3, 75, 0}));
}

TEST_F(ConvTest, PaddingIsZeroAndEachSideHasItsOwn) {
  weight = {2, 2, 2, 2};
  op.kernel = {2, 2};
  op.padding = {.top = 1, .left = 0, .bottom = 0, .right = 1};
  EXPECT_EQ(run(kNine), tensor({1, 3, 3}, {3, 5, 3, 12, 16, 9, 24, 28, 15}));
}

TEST_F(ConvTest, PaddingWiderThanTheMapGivesTheBiasAlone) {
  weight = {2};
  bias = {4};
  op.padding = {.top = 2, .left = 0, .bottom = 1, .right = 0};
  EXPECT_EQ(run(tensor({1, 1, 1}, {5})), tensor({1, 4, 1}, {2, 2, 7, 2}));
}

TEST_F(ConvTest, StrideBeyondTheKernelLeavesElementsOut) {
  weight = {2};
  op.stride = {2, 3};
  EXPECT_EQ(run(kNine), tensor({1, 2, 1}, {1, 7}));
}

TEST_F(ConvTest, DilationSpreadsTheTaps) {
  weight = {2, -2};
  op.kernel = {2, 1};
  op.dilation = {2, 9};  // along a side of one tap it changes nothing
  EXPECT_EQ(run(kNine), tensor({1, 1, 3}, {-6, -6, -6}));
}

TEST_F(ConvTest, DepthwiseOutputsReadTheirOwnChannelOnly) {
  weight = {2, 4, 6, 8};  // two channels, two outputs a channel
  bias = {0, 0, 0, 0};
  op.groups = 2;
  EXPECT_EQ(run(tensor({2, 1, 1}, {10, 1})), tensor({4, 1, 1}, {10, 20, 3, 4}));
}

TEST_F(ConvTest, GroupsSplitChannelsInOrder) {
  weight = {2, 4, 6, 8};  // of two groups of two channels
  bias = {0, 0};
  op.groups = 2;
  EXPECT_EQ(run(tensor({4, 1, 1}, {1, 2, 3, 4})), tensor({2, 1, 1}, {5, 25}));
}

TEST_F(ConvTest, AccumulatorBeyondInt32IsRefused) {
  weight = {1};
  bias = {std::numeric_limits<std::int32_t>::max() - 5};
  op.weights.shift = 30;
  EXPECT_EQ(run(tensor({1, 1, 1}, {5})), tensor({1, 1, 1}, {2}));
  EXPECT_THROW(run(tensor({1, 1, 1}, {6})), base::SimulationError);
}

TEST_F(ConvTest, KernelThatFitsNowhereIsRefused) {
  weight = {1, 1};
  op.kernel = {2, 1};
  EXPECT_THROW(run(tensor({1, 1, 4}, {1, 2, 3, 4})), base::SimulationError);
}

TEST(MaxPool, IgnoresPadding) {
  MaxPool2d op;
  op.windows = {.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 1, 1, 1}};
  // Padding as 0 would beat every negative element.
  EXPECT_EQ(max_pool2d(op, tensor({1, 2, 2}, {-1, -128, -3, -4})),
            tensor({1, 2, 2}, {-1, -128, -3, -4}));
}

TEST(MaxPool, CeilModeTakesWhatIsLeft) {
  MaxPool2d op;
  op.windows = {.kernel = {2, 2}, .stride = {2, 2}};
  EXPECT_EQ(max_pool2d(op, kNine), tensor({1, 1, 1}, {5}));
  op.windows.ceil_mode = true;
  EXPECT_EQ(max_pool2d(op, kNine), tensor({1, 2, 2}, {5, 6, 8, 9}));
}

TEST(MaxPool, CeilModeHasNoWindowInThePaddingAlone) {
  MaxPool2d op;
  op.windows = {.kernel = {1, 2}, .stride = {1, 3}, .padding = {0, 1, 0, 1}, .ceil_mode = true};
  EXPECT_EQ(max_pool2d(op, tensor({1, 1, 2}, {-7, 9})), tensor({1, 1, 1}, {-7}));
}

TEST(MaxPool, DilationSkipsElements) {
  MaxPool2d op;
  op.windows = {.kernel = {2, 2}, .dilation = {2, 2}};
  EXPECT_EQ(max_pool2d(op, tensor({1, 3, 3}, {1, 90, 3, 90, 90, 90, 2, 90, 4})),
            tensor({1, 1, 1}, {4}));
}

TEST(MaxPool, WindowWithoutAnElementIsRefused) {
  MaxPool2d op;
  op.windows = {.kernel = {1, 2}, .dilation = {1, 2}, .padding = {0, 1, 0, 1}};
  EXPECT_THROW(max_pool2d(op, tensor({1, 1, 1}, {1})), base::SimulationError);
}

TEST(AveragePool, DividesByTheElementsOrByThePlaces) {
  AveragePool2d op;
  op.windows = {.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 1, 0, 0}};
  const Int8Tensor x = tensor({1, 3, 3}, {8, 2, 4, 6, 1, 2, -7, 3, -4});
  // 8 | 6 of 2 | 6 - 7 of 2, halves up | 1 + 2 + 3 - 4 of 4, halves up.
  EXPECT_EQ(average_pool2d(op, x), tensor({1, 2, 2}, {8, 3, 0, 1}));
  op.count_padding = true;
  // 8 / 4 | 6 / 4 = 1.5 | -1 / 4 | 2 / 4.
  EXPECT_EQ(average_pool2d(op, x), tensor({1, 2, 2}, {2, 2, 0, 1}));
}

TEST(AveragePool, PlacesBeyondThePaddingCountNever) {
  AveragePool2d op;
  op.windows = {.kernel = {1, 3}, .stride = {1, 3}, .padding = {0, 0, 0, 1}, .ceil_mode = true};
  op.count_padding = true;
  // The second window: one element, one place of padding, one of nothing.
  EXPECT_EQ(average_pool2d(op, tensor({1, 1, 4}, {1, 2, 3, 8})), tensor({1, 1, 2}, {2, 4}));
}

TEST(AveragePool, MultiplierAndShiftScaleBeforeTheOnlyRounding) {
  AveragePool2d op;
  op.windows = {.kernel = {1, 3}};
  op.average = {.multiplier = 5, .shift = 1};
  // 4 * 5 / (3 * 2) = 3.33; rounded in two steps it would be 1 * 5 / 2 = 2.5.
  EXPECT_EQ(average_pool2d(op, tensor({1, 1, 3}, {1, 1, 2})), tensor({1, 1, 1}, {3}));
  op.average.multiplier = (1 << 24) - 1;
  EXPECT_EQ(average_pool2d(op, tensor({1, 1, 3}, {1, 1, 2})), tensor({1, 1, 1}, {127}));
  EXPECT_EQ(average_pool2d(op, tensor({1, 1, 3}, {-1, -1, -2})), tensor({1, 1, 1}, {-128}));
}

TEST(Upsampling, RepeatsOrFillsWithZeros) {
  Upsample op;
  op.factor = {2, 3};
  const Int8Tensor x = tensor({1, 2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(upsample(op, x), tensor({1, 4, 6}, {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2,
                                                3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4}));
  op.fill = Upsample::Fill::kZeros;
  EXPECT_EQ(upsample(op, x), tensor({1, 3, 4}, {1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 4}));
}

TEST(LocalResponse, TakesOneChannelMoreBelowWhereTheSizeIsEven) {
  std::vector<std::uint16_t> table(40);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint16_t>(i);
  LocalResponseNorm op;
  op.table = table;
  op.size = 2;
  const Int8Tensor x = tensor({3, 1, 1}, {1, 2, 3});
  // Sums of squares 1, 1 + 4, 4 + 9; x times them, halved, halves up.
  EXPECT_EQ(local_response_norm(op, x), tensor({3, 1, 1}, {1, 5, 20}));
  op.size = 3;  // 5, 14, 13
  EXPECT_EQ(local_response_norm(op, x), tensor({3, 1, 1}, {3, 14, 20}));
  op.size = 1;  // 1, 4, 9
  EXPECT_EQ(local_response_norm(op, x), tensor({3, 1, 1}, {1, 4, 14}));
}

TEST(LocalResponse, SumsBeyondTheTableTakeItsLastEntry) {
  const std::vector<std::uint16_t> table = {100, 10};
  LocalResponseNorm op;
  op.table = table;
  op.size = 255;
  op.table_shift = 4;
  // Two pixels: 9 + 4 = 13, shifted 0; 25 + 49 = 74, shifted 4, beyond the table.
  EXPECT_EQ(local_response_norm(op, tensor({2, 1, 2}, {3, 5, -2, -7})),
            tensor({2, 1, 2}, {127, 25, -100, -35}));
}

}  // namespace
}  // namespace sim::reference
