#include "sim/values/kernels.h"

#include <gtest/gtest.h>

#include <limits>

#include "sim/base/rng.h"
#include "sim/reference/attention.h"
#include "sim/reference/layers.h"

namespace sim::values {
namespace {

using reference::Int8Tensor;

constexpr int kCases = 300;

/// Random operands; `extreme` draws from the ends of each range only.
class Draw {
 public:
  explicit Draw(int seed) : rng_(static_cast<std::uint64_t>(seed)), extreme_(seed % 3 == 0) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    if (extreme_) return rng_.below(2) == 0 ? low : high;
    return low + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  std::uint32_t size(std::uint32_t most) {
    return 1 + static_cast<std::uint32_t>(rng_.below(most));
  }

  std::vector<std::int32_t> words(std::size_t n, std::int64_t low, std::int64_t high) {
    std::vector<std::int32_t> out(n);
    for (auto& w : out) w = static_cast<std::int32_t>(between(low, high));
    return out;
  }
  Int8Tensor bytes(std::vector<std::uint32_t> shape, std::int64_t low = -128,
                   std::int64_t high = 127) {
    Int8Tensor out(std::move(shape));
    for (auto& b : out.data) b = static_cast<std::int8_t>(between(low, high));
    return out;
  }

 private:
  base::Rng rng_;
  bool extreme_;
};

std::vector<std::int16_t> widened(const Int8Tensor& x) {
  std::vector<std::int16_t> wide(x.data.size());
  widen(x.data.data(), static_cast<std::uint32_t>(wide.size()), wide.data());
  return wide;
}

struct LinearCase {
  explicit LinearCase(int seed) : draw(seed), rows(draw.size(70)), columns(draw.size(300)) {
    weight = draw.bytes({rows, columns});
    x = draw.bytes({1, columns});
    bias = draw.words(rows, -(std::int64_t{1} << 30), std::int64_t{1} << 30);
    multipliers = draw.words(rows, 0, std::numeric_limits<std::int32_t>::max());
    weights = {.weight = weight.data,
               .bias = bias,
               .multipliers = multipliers,
               .outputs = rows,
               .inputs = columns,
               .relu = seed % 2 == 0};
  }
  std::vector<std::int32_t> accumulate() const {
    std::vector<std::int32_t> acc(rows);
    dot_rows({weight.data.data(), columns, rows, columns}, widened(x).data(), acc.data());
    add_bias(bias.data(), rows, acc.data());
    return acc;
  }
  Draw draw;
  std::uint32_t rows;
  std::uint32_t columns;
  Int8Tensor weight, x;
  std::vector<std::int32_t> bias, multipliers;
  workload::Weights weights;
};

TEST(Kernels, LinearEqualsTheReference) {
  for (int seed = 0; seed < kCases; ++seed) {
    LinearCase c(seed);
    c.weights.shift = static_cast<std::uint32_t>(c.draw.between(1, 62));
    Int8Tensor y({1, c.rows});
    rescale_each(c.accumulate().data(), c.multipliers.data(), c.rows,
                 {c.weights.shift, static_cast<std::int8_t>(c.weights.relu ? 0 : -128)},
                 y.data.data());
    EXPECT_EQ(y, reference::linear({c.weights}, c.x)) << seed;
  }
}

TEST(Kernels, LogitsAndTheirMaximumEqualTheReference) {
  for (int seed = 0; seed < kCases; ++seed) {
    LinearCase c(seed);
    c.weights.shift = static_cast<std::uint32_t>(c.draw.between(31, 62));
    reference::Int32Tensor y({1, c.rows});
    rescale_logits(c.accumulate().data(), c.multipliers.data(), c.rows, c.weights.shift,
                   y.data.data());
    const reference::Int32Tensor expected = reference::logits({c.weights}, c.x);
    EXPECT_EQ(y, expected) << seed;
    EXPECT_EQ(static_cast<std::int32_t>(arg_max(y.data.data(), c.rows)),
              reference::arg_max(expected, 0));
  }
}

TEST(Kernels, EmbeddingEqualsTheReference) {
  for (int seed = 0; seed < kCases; ++seed) {
    Draw draw(seed);
    const std::uint32_t d = draw.size(200);
    const Int8Tensor table = draw.bytes({1, d});
    const Int8Tensor positions = draw.bytes({1, d});
    workload::Embedding op{
        .table = table.data, .positions = positions.data, .features = d, .has_positions = true};
    op.token_multiplier = static_cast<std::int32_t>(draw.between(0, (1 << 24) - 1));
    op.position_multiplier = static_cast<std::int32_t>(draw.between(0, (1 << 24) - 1));
    op.shift = static_cast<std::uint32_t>(draw.between(1, 62));
    Int8Tensor y({1, d});
    embed_row(table.data.data(), positions.data.data(), op.token_multiplier, op.position_multiplier,
              d, op.shift, y.data.data());
    const std::vector<std::int32_t> token = {0};
    EXPECT_EQ(y, reference::embedding(op, token)) << seed;
  }
}

TEST(Kernels, ScoresOfOneHeadEqualTheReference) {
  for (int seed = 0; seed < kCases; ++seed) {
    Draw draw(seed);
    const std::uint32_t keys = draw.size(70), dk = draw.size(80);
    const Int8Tensor q = draw.bytes({1, dk});
    const Int8Tensor k = draw.bytes({keys, dk});
    workload::AttentionScores op;
    op.multiplier = static_cast<std::int32_t>(draw.between(0, 2147483647));
    op.shift = static_cast<std::uint32_t>(draw.between(1, 62));
    std::vector<std::int32_t> acc(keys);
    dot_rows({k.data.data(), dk, keys, dk}, widened(q).data(), acc.data());
    Int8Tensor s({1, 1, keys});
    rescale_all(acc.data(), op.multiplier, keys, {op.shift, -128}, s.data.data());
    EXPECT_EQ(s, reference::attention_scores(op, q, k)) << seed;
  }
}

TEST(Kernels, WeighedValuesOfOneHeadEqualTheReference) {
  for (int seed = 0; seed < kCases; ++seed) {
    Draw draw(seed);
    const std::uint32_t keys = draw.size(70), dk = draw.size(80);
    const Int8Tensor p = draw.bytes({1, 1, keys}, 0, 127);
    const Int8Tensor v = draw.bytes({keys, dk});
    workload::AttentionValues op;
    op.multiplier = static_cast<std::int32_t>(draw.between(0, 2147483647));
    op.shift = static_cast<std::uint32_t>(draw.between(1, 62));
    std::vector<std::int32_t> acc(dk);
    weighted_sum({v.data.data(), dk, keys, dk}, p.data.data(), acc.data());
    Int8Tensor o({1, dk});
    rescale_all(acc.data(), op.multiplier, dk, {op.shift, -128}, o.data.data());
    EXPECT_EQ(o, reference::attention_values(op, p, v)) << seed;
  }
}

TEST(Kernels, SoftmaxEqualsTheReference) {
  for (int seed = 0; seed < kCases; ++seed) {
    Draw draw(seed);
    const std::uint32_t keys = draw.size(300);
    std::vector<std::uint16_t> table(256);
    for (auto& e : table) e = static_cast<std::uint16_t>(draw.between(0, 65535));
    table[0] = 65535;
    workload::Softmax op;
    op.table = table;
    const Int8Tensor s = draw.bytes({1, 1, keys});
    Int8Tensor p({1, 1, keys});
    std::vector<std::uint32_t> scratch(keys);
    softmax_row(table.data(), s.data.data(), keys, scratch.data(), p.data.data());
    EXPECT_EQ(p, reference::softmax(op, s)) << seed;
  }
}

TEST(Kernels, SoftmaxTakesTheLongestRow) {
  const std::vector<std::uint16_t> table(256, 65535);
  workload::Softmax op;
  op.table = table;
  const Int8Tensor s({1, 1, 65536});
  Int8Tensor p(s.shape);
  std::vector<std::uint32_t> scratch(65536);
  softmax_row(table.data(), s.data.data(), 65536, scratch.data(), p.data.data());
  EXPECT_EQ(p, reference::softmax(op, s));
}

}  // namespace
}  // namespace sim::values
