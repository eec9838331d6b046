#include "sim/values/attention_kernels.h"

#include <gtest/gtest.h>

#include "sim/reference/attention.h"
#include "tests/unit/values/random_operands.h"

namespace sim::values {
namespace {

using reference::Int8Tensor;
using workload::AttentionMask;
using workload::AttentionScores;
using workload::AttentionValues;
using workload::Softmax;

/// Sizes of one attention. Keys and queries are equal where there is a window or a bias.
struct Sizes {
  explicit Sizes(Operands& draw, std::uint32_t most_tokens)
      : kv_heads(draw.size(3)),
        heads(kv_heads * draw.size(3)),
        features(draw.size(40)),
        queries(draw.size(most_tokens)),
        keys(draw.maybe() ? queries : draw.size(most_tokens)),
        mask{.causal = draw.maybe()} {
    if (queries == keys && draw.maybe()) mask.window = draw.size(keys + 2);
  }
  std::uint32_t kv_heads;
  std::uint32_t heads;
  std::uint32_t features;  // of a head
  std::uint32_t queries;
  std::uint32_t keys;
  AttentionMask mask;
};

constexpr std::uint32_t kTokens = 12;

/// compute(queries) for all queries, in two parts.
template <class Compute>
void in_parts(Operands& draw, const Sizes& sizes, const Compute& compute) {
  const std::uint32_t middle = draw.upto(sizes.queries);
  if (middle > 0) compute(Queries{0, middle, sizes.keys});
  if (middle < sizes.queries) compute(Queries{middle, sizes.queries, sizes.keys});
}

/// [heads, queries, keys] or [queries, heads, keys].
ScoreStrides strides_of(const Sizes& sizes, bool heads_first) {
  const std::size_t keys = sizes.keys;
  if (heads_first) return {.head = sizes.queries * keys, .query = keys};
  return {.head = keys, .query = sizes.heads * keys};
}

/// x, [heads, queries, keys], in memory as `strides` say; and back.
Int8Tensor laid_out(const Int8Tensor& x, ScoreStrides strides, bool back) {
  Int8Tensor y(x.shape);
  std::size_t at = 0;
  for (std::size_t h = 0; h < x.dim(0); ++h) {
    for (std::size_t i = 0; i < x.dim(1); ++i) {
      for (std::size_t j = 0; j < x.dim(2); ++j, ++at) {
        const std::size_t there = h * strides.head + i * strides.query + j;
        (back ? y.data[at] : y.data[there]) = x.data[back ? there : at];
      }
    }
  }
  return y;
}

Int8Tensor full_of_garbage(std::vector<std::uint32_t> shape) {
  Int8Tensor x(std::move(shape));
  std::fill(x.data.begin(), x.data.end(), std::int8_t{99});
  return x;
}

void expect_same_scores(Operands& draw, const Sizes& sizes) {
  const bool has_bias = sizes.queries == sizes.keys && draw.maybe();
  const std::uint32_t max_tokens = sizes.keys + draw.upto(3);
  const std::int64_t most = draw.maybe() ? 2147483647 : 1 << 20;
  const auto bias = draw.words(sizes.heads * (2 * max_tokens - 1), -most, most);
  const AttentionScores op{.heads = sizes.heads,
                           .kv_heads = sizes.kv_heads,
                           .mask = sizes.mask,
                           .bias = bias,
                           .has_bias = has_bias,
                           .multiplier = draw.multiplier(31),
                           .shift = draw.shift(draw.maybe() ? 47 : 31)};
  const Int8Tensor q = draw.bytes({sizes.queries, sizes.heads * sizes.features});
  const Int8Tensor k = draw.bytes({sizes.keys, sizes.kv_heads * sizes.features});
  const ScoreStrides strides = strides_of(sizes, draw.maybe());
  Int8Tensor s = full_of_garbage({sizes.heads, sizes.queries, sizes.keys});
  in_parts(draw, sizes, [&](Queries queries) {
    attention_scores(op, queries, {q.data.data(), q.dim(1)}, {k.data.data(), k.dim(1)},
                     s.data.data(), strides);
  });
  ASSERT_EQ(laid_out(s, strides, true), reference::attention_scores(op, q, k));
}

void expect_same_softmax(Operands& draw, const Sizes& sizes) {
  auto table = draw.halves(256);
  table[0] = 65535;
  std::sort(table.rbegin(), table.rend());
  const Softmax op{.table = table, .heads = sizes.heads, .mask = sizes.mask};
  const Int8Tensor s = draw.bytes({sizes.heads, sizes.queries, sizes.keys});
  const ScoreStrides strides = strides_of(sizes, draw.maybe());
  const Int8Tensor laid = laid_out(s, strides, false);
  Int8Tensor p = full_of_garbage(s.shape);
  in_parts(draw, sizes, [&](Queries queries) {
    softmax(op, queries, laid.data.data(), p.data.data(), strides);
  });
  ASSERT_EQ(laid_out(p, strides, true), reference::softmax(op, s));
}

void expect_same_values(Operands& draw, const Sizes& sizes) {
  const AttentionValues op{.heads = sizes.heads,
                           .kv_heads = sizes.kv_heads,
                           .mask = sizes.mask,
                           .multiplier = draw.multiplier(31),
                           .shift = draw.shift(45)};
  Int8Tensor p = draw.bytes({sizes.heads, sizes.queries, sizes.keys}, 0, 127);
  for (std::uint32_t h = 0; h < sizes.heads; ++h) {
    for (std::uint32_t i = 0; i < sizes.queries; ++i) {
      for (std::uint32_t j = 0; j < sizes.keys; ++j) {
        if (!reference::sees(sizes.mask, i, j)) p.at(h, i, j) = 0;
      }
    }
  }
  const Int8Tensor v = draw.bytes({sizes.keys, sizes.kv_heads * sizes.features});
  const ScoreStrides strides = strides_of(sizes, draw.maybe());
  const Int8Tensor laid = laid_out(p, strides, false);
  Int8Tensor o({sizes.queries, sizes.heads * sizes.features});
  in_parts(draw, sizes, [&](Queries queries) {
    attention_values(op, queries, laid.data.data(), strides, {v.data.data(), v.dim(1)},
                     o.data.data());
  });
  ASSERT_EQ(o, reference::attention_values(op, p, v));
}

template <class Expect>
void for_each_case(const Expect& expect) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    SCOPED_TRACE(seed);
    Operands draw(seed);
    expect(draw, Sizes(draw, kTokens));
    if (testing::Test::HasFatalFailure()) return;
  }
  for (int seed = 0; seed < 12; ++seed) {  // more than a block of queries and one of keys
    SCOPED_TRACE(seed);
    Operands draw(seed);
    Sizes sizes(draw, kTokens);
    sizes.queries = sizes.keys = 290 + draw.size(40);
    sizes.mask.window.reset();
    if (seed % 3 == 0) sizes.mask.window = draw.size(300);
    expect(draw, sizes);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(AttentionKernels, ScoresEqualTheReference) { for_each_case(expect_same_scores); }
TEST(AttentionKernels, ProbabilitiesEqualTheReference) { for_each_case(expect_same_softmax); }
TEST(AttentionKernels, ValuesEqualTheReference) { for_each_case(expect_same_values); }

TEST(AttentionKernels, KeysSeenAreThoseOfTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const Sizes sizes(draw, kTokens);
    for (std::uint32_t i = 0; i < sizes.queries; ++i) {
      const KeyRange seen = keys_seen(sizes.mask, i, sizes.keys);
      for (std::uint32_t j = 0; j < sizes.keys; ++j) {
        ASSERT_EQ(j >= seen.first && j < seen.last, reference::sees(sizes.mask, i, j)) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace sim::values
