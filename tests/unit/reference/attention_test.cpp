#include "sim/reference/attention.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/base/error.h"
#include "tests/unit/reference/tensors.h"

namespace sim::reference {
namespace {

using workload::AttentionMask;
using workload::AttentionScores;
using workload::AttentionValues;
using workload::Softmax;

/// Which of 4 keys each of 4 queries sees, as text.
std::string seen(const AttentionMask& mask) {
  std::string text;
  for (std::uint32_t i = 0; i < 4; ++i) {
    for (std::uint32_t j = 0; j < 4; ++j) text += sees(mask, i, j) ? 'x' : '.';
    text += ' ';
  }
  return text;
}

TEST(Sees, IsBoundedByCausalityAndWindow) {
  EXPECT_EQ(seen({}), "xxxx xxxx xxxx xxxx ");
  EXPECT_EQ(seen({.causal = true}), "x... xx.. xxx. xxxx ");
  EXPECT_EQ(seen({.window = 2}), "xx.. xxx. .xxx ..xx ");
  EXPECT_EQ(seen({.causal = true, .window = 2}), "x... xx.. .xx. ..xx ");
  EXPECT_EQ(seen({.window = 1}), "x... .x.. ..x. ...x ");
  EXPECT_EQ(seen({.causal = true, .window = 65536}), "x... xx.. xxx. xxxx ");
}

TEST(Scores, OfOneTokenAndOneHeadOfOneFeature) {
  const AttentionScores op{.mask = {}, .multiplier = 3, .shift = 2};
  EXPECT_EQ(attention_scores(op, tensor({1, 1}, {-3}), tensor({1, 1}, {2})),
            tensor({1, 1, 1}, {-4}));  // -18 / 4 = -4.5
}

TEST(Scores, HeadsShareKeysInOrder) {
  AttentionScores op{.heads = 4, .kv_heads = 2, .mask = {}, .multiplier = 2, .shift = 1};
  const Int8Tensor q = tensor({1, 4}, {1, 2, 3, 4});
  const Int8Tensor k = tensor({2, 2}, {1, 10, 2, 20});
  EXPECT_EQ(attention_scores(op, q, k), tensor({4, 1, 2}, {1, 2, 2, 4, 30, 60, 40, 80}));
  op.kv_heads = 1;
  EXPECT_EQ(attention_scores(op, q, tensor({2, 1}, {1, -2})),
            tensor({4, 1, 2}, {1, -2, 2, -4, 3, -6, 4, -8}));
}

TEST(Scores, UnseenKeysAreZero) {
  AttentionScores op{.mask = {.causal = true}, .multiplier = 2, .shift = 1};
  const Int8Tensor q = tensor({3, 1}, {1, 2, 3});
  const Int8Tensor k = tensor({3, 1}, {5, 6, 7});
  EXPECT_EQ(attention_scores(op, q, k), tensor({1, 3, 3}, {5, 0, 0, 10, 12, 0, 15, 18, 21}));
  op.mask.window = 2;
  EXPECT_EQ(attention_scores(op, q, k), tensor({1, 3, 3}, {5, 0, 0, 10, 12, 0, 0, 18, 21}));
  op.mask.causal = false;
  EXPECT_EQ(attention_scores(op, q, k), tensor({1, 3, 3}, {5, 6, 0, 10, 12, 14, 0, 18, 21}));
}

TEST(Scores, BiasGoesByKeyMinusQueryAndIsNotScaled) {
  // M = 3: distances -2 to 2, for each of two heads.
  const std::vector<std::int32_t> bias = {20, 40, 60, 80, 100, -20, -40, -60, -80, -100};
  const AttentionScores op{.heads = 2,
                           .kv_heads = 2,
                           .mask = {},
                           .bias = bias,
                           .has_bias = true,
                           .multiplier = 8,
                           .shift = 1};
  const Int8Tensor one = tensor({2, 2}, {1, 1, 1, 1});
  // 4 + 30, 4 + 40; 4 + 20, 4 + 30; the other head the negatives.
  EXPECT_EQ(attention_scores(op, one, one),
            tensor({2, 2, 2}, {34, 44, 24, 34, -26, -36, -16, -26}));
}

TEST(Scores, BiasForTooFewTokensIsRefused) {
  const std::vector<std::int32_t> bias = {1};
  const AttentionScores op{.mask = {}, .bias = bias, .has_bias = true};
  EXPECT_THROW(attention_scores(op, Int8Tensor({2, 1}), Int8Tensor({2, 1})), base::SimulationError);
}

TEST(SoftmaxOfAWindow, IsOverTheSeenKeysOnly) {
  const auto table = halving_softmax_table();
  Softmax op{.table = table, .mask = {.causal = true, .window = 2}};
  // Row 2 has scores 7, 1, 2 and sees 1, 2 only: 32767 and 65535 of 98302, in 127ths.
  const Int8Tensor scores = tensor({1, 3, 3}, {4, 9, 9, 5, 5, 9, 7, 1, 2});
  EXPECT_EQ(softmax(op, scores), tensor({1, 3, 3}, {127, 0, 0, 64, 64, 0, 0, 42, 85}));
  op.mask = {};
  EXPECT_EQ(softmax(op, tensor({1, 1, 2}, {-128, 127})), tensor({1, 1, 2}, {0, 127}));
}

TEST(Values, HeadsShareValuesInOrder) {
  AttentionValues op{.heads = 2, .kv_heads = 1, .mask = {}, .multiplier = 1, .shift = 1};
  const Int8Tensor p = tensor({2, 1, 2}, {1, 2, 3, 4});
  const Int8Tensor v = tensor({2, 2}, {10, 20, -1, -2});
  // (10 - 2, 20 - 4) / 2 and (30 - 4, 60 - 8) / 2.
  EXPECT_EQ(attention_values(op, p, v), tensor({1, 4}, {4, 8, 13, 26}));
  op.kv_heads = 2;  // one feature a head: (10 - 2) / 2 and (60 - 8) / 2
  EXPECT_EQ(attention_values(op, p, v), tensor({1, 2}, {4, 26}));
}

}  // namespace
}  // namespace sim::reference
