#include "sim/reference/layers.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "sim/base/error.h"
#include "sim/reference/attention.h"

namespace sim::reference {
namespace {

Int8Tensor tensor(std::vector<std::uint32_t> shape, std::vector<std::int8_t> data) {
  Int8Tensor t(std::move(shape));
  t.data = std::move(data);
  return t;
}

/// Exponential table that halves: e(0) = 65535, e(1) = 32768, e(2) = 16384, ...
std::array<std::uint16_t, 256> halving_table() {
  std::array<std::uint16_t, 256> table{};
  table[0] = 65535;
  for (std::size_t i = 1; i <= 16; ++i) table[i] = static_cast<std::uint16_t>(65536U >> i);
  return table;
}

TEST(Embedding, AddsScaledTokenAndPositionAndSaturates) {
  const std::vector<std::int8_t> table = {10, -10, 100, -100};
  const std::vector<std::int8_t> positions = {1, 2, 100, -100};
  const workload::Embedding op{.table = table,
                               .positions = positions,
                               .features = 2,
                               .has_positions = true,
                               .token_multiplier = 2,
                               .position_multiplier = 1,
                               .shift = 1};
  const std::vector<std::int32_t> tokens = {0, 1};
  // Row 0: (20 + 1) / 2 = 10.5, (-20 + 2) / 2; row 1: (200 + 100) / 2 = 150, -150.
  EXPECT_EQ(embedding(op, tokens), tensor({2, 2}, {11, -9, 127, -128}));
}

struct LinearTest : testing::Test {
  LinearTest() {
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

TEST_F(LinearTest, ScalesEachOutputByItsOwnMultiplier) {
  // 10 + 1 - 4 + 9 = 16 -> 8; (-20 - 1 + 12) * 3 = -27 -> -13.5 -> -13.
  EXPECT_EQ(linear({weights}, tensor({1, 3}, {1, -2, 3})), tensor({1, 2}, {8, -13}));
}

TEST_F(LinearTest, ReluTurnsNegativeResultsIntoZero) {
  weights.relu = true;
  EXPECT_EQ(linear({weights}, tensor({1, 3}, {1, -2, 3})), tensor({1, 2}, {8, 0}));
}

TEST_F(LinearTest, SaturatesWhereLogitsDoNot) {
  const Int8Tensor x = tensor({1, 3}, {127, 127, 127});
  EXPECT_EQ(linear({weights}, x), tensor({1, 2}, {127, 127}));
  // 10 + 762 = 772 -> 386; (-20 + 381) * 3 = 1083 -> 541.5 -> 542.
  EXPECT_EQ(logits({weights}, x).data, (std::vector<std::int32_t>{386, 542}));
}

TEST_F(LinearTest, AccumulatorBeyondInt32IsRefused) {
  bias[0] = std::numeric_limits<std::int32_t>::max() - 5;
  EXPECT_NO_THROW(linear({weights}, tensor({1, 3}, {5, 0, 0})));
  EXPECT_THROW(linear({weights}, tensor({1, 3}, {6, 0, 0})), base::SimulationError);
}

TEST_F(LinearTest, LogitBeyondInt32IsRefused) {
  bias[0] = 1 << 30;
  multipliers[0] = 5;
  EXPECT_THROW(logits({weights}, tensor({1, 3}, {0, 0, 0})), base::SimulationError);
}

struct AttentionTest : testing::Test {
  workload::AttentionScores op{.heads = 2, .kv_heads = 2, .multiplier = 1, .shift = 1};
  Int8Tensor q = tensor({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  Int8Tensor k = tensor({2, 4}, {1, 1, -1, 1, 2, 0, 0, 100});
};

TEST_F(AttentionTest, ScoresEachHeadFromItsOwnFeatures) {
  // Head 0: q0 k0 = 3, q0 k1 = 2, q1 k0 = 11, q1 k1 = 10; head 1: 1, 400, 1, 800.
  EXPECT_EQ(attention_scores(op, q, k), tensor({2, 2, 2}, {2, 1, 6, 5, 1, 127, 1, 127}));
}

TEST_F(AttentionTest, CausalScoresOfLaterKeysAreZero) {
  op.mask.causal = true;
  EXPECT_EQ(attention_scores(op, q, k), tensor({2, 2, 2}, {2, 0, 6, 5, 1, 0, 1, 127}));
}

TEST_F(AttentionTest, ValuesAreWeighedByTheirHeadsProbabilities) {
  const Int8Tensor p = tensor({2, 1, 2}, {3, 1, 0, 127});
  // Head 0: 3 * 1 + 2 = 5, 3 * 1 + 0 = 3; head 1: 0, 12700.
  EXPECT_EQ(attention_values({.heads = 2, .kv_heads = 2, .multiplier = 1, .shift = 1}, p, k),
            tensor({1, 4}, {3, 2, 0, 127}));
}

TEST(Softmax, RoundsProbabilitiesOf127) {
  const auto table = halving_table();
  const workload::Softmax op{.table = table};
  // e = 32768, 65535, 16384, sum = 114687: 36.28, 72.57, 18.14 of 127.
  EXPECT_EQ(softmax(op, tensor({1, 1, 3}, {4, 5, 3})), tensor({1, 1, 3}, {36, 73, 18}));
}

TEST(Softmax, OneKeyTakesAllAndEqualKeysShare) {
  const auto table = halving_table();
  const workload::Softmax op{.table = table};
  EXPECT_EQ(softmax(op, tensor({1, 1, 1}, {-128})), tensor({1, 1, 1}, {127}));
  EXPECT_EQ(softmax(op, tensor({1, 1, 2}, {9, 9})), tensor({1, 1, 2}, {64, 64}));  // 63.5 up
  EXPECT_EQ(softmax(op, tensor({1, 1, 2}, {-128, 127})), tensor({1, 1, 2}, {0, 127}));
}

TEST(Softmax, CausalRowsSeeEarlierKeysOnly) {
  const auto table = halving_table();
  const workload::Softmax op{.table = table, .mask = {.causal = true}};
  // The 100 of row 0 does not exist, so it changes neither maximum nor sum.
  EXPECT_EQ(softmax(op, tensor({1, 2, 2}, {1, 100, 7, 7})), tensor({1, 2, 2}, {127, 0, 64, 64}));
}

struct AddNormTest : testing::Test {
  AddNormTest() {
    op.x_multiplier = 1;
    op.y_multiplier = 2;
    op.gamma = gamma;
    op.beta = beta;
    op.shift = 15;
  }
  Int8Tensor add_norm(const Int8Tensor& x, const Int8Tensor& y) const { return norm(op, x, y); }
  std::vector<std::int32_t> gamma = {10, 10};
  std::vector<std::int32_t> beta = {0, 1 << 15};
  workload::Norm op;
};

TEST_F(AddNormTest, CentresScalesAndShifts) {
  // z = 7, -3; mean = floor((4 + 1) / 2) = 2; c = 5, -5; r = 5; n = 2^15, -2^15.
  EXPECT_EQ(add_norm(tensor({1, 2}, {1, 1}), tensor({1, 2}, {3, -2})), tensor({1, 2}, {10, -9}));
}

TEST_F(AddNormTest, MeanOfHalvesRoundsUpAndRootRoundsDown) {
  // z = 4, -3; mean = floor((1 + 1) / 2) = 1; c = 3, -4; v = floor(25 / 2) = 12; r = 3;
  // n = 32768, floor(-131072 / 3) = -43691; -43691 * 10 / 32768 = -13.33, + 1.
  EXPECT_EQ(add_norm(tensor({1, 2}, {4, 1}), tensor({1, 2}, {0, -2})), tensor({1, 2}, {10, -12}));
}

TEST_F(AddNormTest, NormalisedFractionsRoundDown) {
  gamma = {1, 1};
  beta = {0, 43690 - 16384};
  // c = 3, -4 and r = 3 as above. n = -131072 / 3 = -43690.67 becomes -43691, so that -16385 / 2^15
  // rounds to -1; -43690 would give -16384 / 2^15, a half, which rounds to 0.
  EXPECT_EQ(add_norm(tensor({1, 2}, {4, 1}), tensor({1, 2}, {0, -2})), tensor({1, 2}, {1, -1}));
}

TEST_F(AddNormTest, EqualFeaturesGiveBetaAlone) {
  EXPECT_EQ(add_norm(tensor({1, 2}, {50, 50}), tensor({1, 2}, {7, 7})), tensor({1, 2}, {0, 1}));
}

TEST_F(AddNormTest, SaturatesAtBothEnds) {
  gamma = {1000, 1000};
  EXPECT_EQ(add_norm(tensor({1, 2}, {9, -9}), tensor({1, 2}, {0, 0})), tensor({1, 2}, {127, -128}));
}

TEST(ArgMax, TakesTheLowestIndexOfEqualMaxima) {
  Int32Tensor y({2, 4});
  y.data = {3, 9, 9, 1, -5, -7, -5, -9};
  EXPECT_EQ(arg_max(y, 0), 1);
  EXPECT_EQ(arg_max(y, 1), 0);
}

}  // namespace
}  // namespace sim::reference
