#include "sim/reference/layers.h"

#include <gtest/gtest.h>

#include <limits>

#include "sim/base/error.h"
#include "tests/unit/reference/tensors.h"

namespace sim::reference {
namespace {

using workload::Norm;
using workload::Rotary;

TEST(TokenEmbedding, AddsPositionsWhereThereAreSome) {
  const std::vector<std::int8_t> table = {10, -10, 100, -100};
  const std::vector<std::int8_t> positions = {1, 2, 100, -100};
  workload::Embedding op{.table = table, .pieces = 2, .features = 2, .token_multiplier = 2};
  const std::vector<std::int32_t> tokens = {1, 0};
  EXPECT_EQ(embedding(op, tokens), tensor({2, 2}, {100, -100, 10, -10}));
  op.positions = positions;
  op.has_positions = true;
  op.position_multiplier = 3;
  // (200 + 3) / 2 = 101.5, (-200 + 6) / 2; (20 + 300) / 2, (-20 - 300) / 2.
  EXPECT_EQ(embedding(op, tokens), tensor({2, 2}, {102, -97, 127, -128}));
}

TEST(ConstantValue, TakesItsShape) {
  const std::vector<std::int8_t> value = {1, 2, 3, 4};
  EXPECT_EQ(constant({.value = value}, {2, 1, 2}), tensor({2, 1, 2}, {1, 2, 3, 4}));
  EXPECT_THROW(constant({.value = value}, {2, 1}), base::SimulationError);
}

struct WeightsTest : testing::Test {
  WeightsTest() {
    weights = {.weight = weight,
               .bias = bias,
               .multipliers = multipliers,
               .outputs = 2,
               .inputs = 3,
               .shift = 1};
  }
  std::vector<std::int8_t> weight = {1, 2, 3, -1, 0, 4};
  std::vector<std::int32_t> bias = {10, -20};
  std::vector<std::int32_t> multipliers = {1, 3};
  workload::Weights weights;
};

TEST_F(WeightsTest, LinearScalesClampsAndCuts) {
  // 10 + 1 - 4 + 9 = 16 -> 8; (-20 - 1 + 12) * 3 = -27 -> -13.5 -> -13; the other row saturates.
  const Int8Tensor x = tensor({2, 3}, {1, -2, 3, 127, 127, 127});
  EXPECT_EQ(linear({weights}, x), tensor({2, 2}, {8, -13, 127, 127}));
  weights.relu = true;
  EXPECT_EQ(linear({weights}, x), tensor({2, 2}, {8, 0, 127, 127}));
}

TEST_F(WeightsTest, TheExampleOfTheFormat) {
  weight = {3, 0, -2};
  bias = {5};
  multipliers = {96};
  weights = {.weight = weight,
             .bias = bias,
             .multipliers = multipliers,
             .outputs = 1,
             .inputs = 3,
             .shift = 8};
  EXPECT_EQ(linear({weights}, tensor({1, 3}, {10, 127, 40})), tensor({1, 1}, {-17}));
}

TEST_F(WeightsTest, LogitsStayInt32) {
  // 10 + 762 = 772 -> 386; (-20 + 381) * 3 = 1083 -> 541.5 -> 542.
  EXPECT_EQ(logits({weights}, tensor({1, 3}, {127, 127, 127})).data,
            (std::vector<std::int32_t>{386, 542}));
  bias[0] = std::numeric_limits<std::int32_t>::max() - 5;
  EXPECT_NO_THROW(logits({weights}, tensor({1, 3}, {5, 0, 0})));
  EXPECT_THROW(logits({weights}, tensor({1, 3}, {6, 0, 0})), base::SimulationError);
}

struct NormTest : testing::Test {
  NormTest() { op = {.gamma = gamma, .beta = beta, .x_multiplier = 1, .shift = 15}; }
  std::vector<std::int32_t> gamma = {10, 10, 10, 10};
  std::vector<std::int32_t> beta = {0, 0, 0, 32768};
  Norm op;
};

TEST_F(NormTest, LayerTakesTheMeanOff) {
  // Mean 5, u = -3, -1, 1, 3; variance 20 / 4 = 5, root 2; n = -1.5, -0.5, 0.5, 1.5, times 10; the
  // last has 1 added.
  EXPECT_EQ(norm(op, tensor({1, 4}, {2, 4, 6, 8})), tensor({1, 4}, {-15, -5, 5, 16}));
}

TEST_F(NormTest, RmsDoesNot) {
  op.kind = Norm::Kind::kRms;
  // Mean of squares 120 / 4 = 30, root 5: 0.4, 0.8, 1.2, 1.6.
  EXPECT_EQ(norm(op, tensor({1, 4}, {2, 4, 6, 8})), tensor({1, 4}, {4, 8, 12, 17}));
}

TEST_F(NormTest, MeanRoundsHalvesUp) {
  gamma = {1, 1};
  beta = {0, 0};
  op.gamma = gamma;
  op.beta = beta;
  op.shift = 14;
  // Sum -3: mean floor((-3 + 1) / 2) = -1, u = 0, -1; variance floor(1 / 2) = 0, root 1.
  EXPECT_EQ(norm(op, tensor({1, 2}, {-1, -2})), tensor({1, 2}, {0, -2}));
}

TEST_F(NormTest, SecondInputIsAddedByItsOwnMultiplier) {
  op.y_multiplier = 2;
  const Int8Tensor x = tensor({1, 4}, {0, 0, 2, 2});
  const Int8Tensor y = tensor({1, 4}, {1, 2, 2, 3});
  EXPECT_EQ(norm(op, x, y), norm(op, tensor({1, 4}, {2, 4, 6, 8})));
}

TEST_F(NormTest, EqualFeaturesGiveBetaAlone) {
  EXPECT_EQ(norm(op, tensor({2, 4}, {7, 7, 7, 7, 0, 0, 0, 0})),
            tensor({2, 4}, {0, 0, 0, 1, 0, 0, 0, 1}));
}

TEST_F(NormTest, OneFeatureIsItsOwnMean) {
  EXPECT_EQ(norm(op, tensor({1, 1}, {7})), tensor({1, 1}, {0}));
  op.kind = Norm::Kind::kRms;
  EXPECT_EQ(norm(op, tensor({1, 1}, {-7})), tensor({1, 1}, {-10}));
}

TEST(RotaryTurn, HalvesPairFeaturesAHalfApart) {
  // Row 0 does not turn; row 1 turns pair 0 by a right angle and pair 1 not at all.
  const std::vector<std::int32_t> cosine = {2, 2, 0, 2};
  const std::vector<std::int32_t> sine = {0, 0, 2, 0};
  Rotary op{.cosine = cosine, .sine = sine, .heads = 1, .pairs = 2, .multiplier = 4, .shift = 1};
  const Int8Tensor x = tensor({2, 5}, {1, 2, 3, 4, 5, 1, 2, 3, 4, 5});
  EXPECT_EQ(rotary(op, x), tensor({2, 5}, {1, 2, 3, 4, 10, -3, 2, 1, 4, 10}));
  op.order = Rotary::Pairs::kNeighbours;
  EXPECT_EQ(rotary(op, x), tensor({2, 5}, {1, 2, 3, 4, 10, -2, 1, 3, 4, 10}));
}

TEST(RotaryTurn, EveryHeadTurnsAlike) {
  const std::vector<std::int32_t> cosine = {1};
  const std::vector<std::int32_t> sine = {3};
  const Rotary op{.cosine = cosine, .sine = sine, .heads = 2, .pairs = 1, .shift = 1};
  // (x_a - 3 x_b) / 2, (x_b + 3 x_a) / 2: of (10, 1): 3.5 and 15.5; of (-4, 8): -14 and -2.
  EXPECT_EQ(rotary(op, tensor({1, 4}, {10, 1, -4, 8})), tensor({1, 4}, {4, 16, -14, -2}));
}

}  // namespace
}  // namespace sim::reference
