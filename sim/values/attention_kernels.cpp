#include "sim/values/attention_kernels.h"

#include <algorithm>
#include <vector>

#include "sim/base/vector_clones.h"
#include "sim/reference/arithmetic.h"
#include "sim/values/dot_products.h"
#include "sim/values/kernels.h"

namespace sim::values {
namespace {

using reference::clamp8;
using reference::rshift;
using workload::AttentionScores;
using workload::AttentionValues;

constexpr std::uint32_t kFewQueries = 4;  // below, widening keys costs more than it saves
constexpr std::uint32_t kQueryBlock = 64;
constexpr std::uint32_t kKeyBlock = 256;

std::uint32_t shared_head(std::uint32_t h, std::uint32_t kv_heads, std::uint32_t heads) {
  return static_cast<std::uint32_t>(std::uint64_t{h} * kv_heads / heads);
}

/// Keys that any of the queries sees: their ranges begin and end in order.
KeyRange keys_seen_by_any(const workload::AttentionMask& mask, Queries queries) {
  return {keys_seen(mask, queries.first, queries.keys).first,
          keys_seen(mask, queries.last - 1, queries.keys).last};
}

/// s[j] = clamp8(rshift(acc[j] * multiplier + bias[j], shift)).
SIM_VECTOR_CLONES void rescale_with_bias(const std::int32_t* acc, std::int32_t multiplier,
                                         const std::int32_t* bias, std::uint32_t n,
                                         std::uint32_t shift, std::int8_t* s) {
  for (std::uint32_t j = 0; j < n; ++j) {
    s[j] = clamp8(rshift(std::int64_t{acc[j]} * multiplier + bias[j], shift));
  }
}

/// Scores of head h and query i for the keys of `range`.
void finish_scores(const AttentionScores& op, std::uint32_t h, std::uint32_t i, KeyRange range,
                   const std::int32_t* acc, std::int8_t* s) {
  const std::uint32_t n = range.last - range.first;
  if (!op.has_bias) {
    rescale_all(acc, op.multiplier, n, {.shift = op.shift, .low = -128}, s);
    return;
  }
  const std::size_t distances = op.bias.size() / op.heads;  // 2M - 1, that of 0 in the middle
  const std::int32_t* bias = op.bias.data() + h * distances + (distances / 2 + range.first - i);
  rescale_with_bias(acc, op.multiplier, bias, n, op.shift, s);
}

void score_one_by_one(const AttentionScores& op, Queries queries, TokenRows q, TokenRows k,
                      std::int8_t* scores, ScoreStrides strides) {
  const std::uint32_t d = q.features / op.heads;
  std::vector<std::int16_t> wide(q.features);
  std::vector<std::int32_t> acc(queries.keys);
  for (std::uint32_t i = queries.first; i < queries.last; ++i) {
    const KeyRange seen = keys_seen(op.mask, i, queries.keys);
    widen(q.data + std::size_t{i} * q.features, q.features, wide.data());
    for (std::uint32_t h = 0; h < op.heads; ++h) {
      const std::size_t g = shared_head(h, op.kv_heads, op.heads);
      const std::int8_t* keys = k.data + std::size_t{seen.first} * k.features + g * d;
      dot_rows({keys, k.features, seen.last - seen.first, d}, wide.data() + std::size_t{h} * d,
               acc.data());
      finish_scores(op, h, i, seen, acc.data(),
                    scores + h * strides.head + i * strides.query + seen.first);
    }
  }
}

/// Rows first to first + count - 1 of one head, `d` features from `offset` on.
void widen_head(TokenRows x, std::uint32_t first, std::uint32_t count, std::size_t offset,
                std::uint32_t d, WideRows& wide) {
  for (std::uint32_t l = 0; l < count; ++l) {
    widen(x.data + (std::size_t{first} + l) * x.features + offset, d, wide.row(l));
  }
}

/// The scores of one head for a block of queries and a block of keys that stay in the caches.
struct ScoreBlock {
  explicit ScoreBlock(std::uint32_t d)
      : wide_q(kQueryBlock, d), wide_k(kKeyBlock, d), acc(std::size_t{kQueryBlock} * kKeyBlock) {}
  WideRows wide_q;
  WideRows wide_k;
  std::vector<std::int32_t> acc;
};

void score_block(const AttentionScores& op, std::uint32_t h, Queries queries, KeyRange keys,
                 TokenRows q, ScoreBlock& block, std::int8_t* scores, ScoreStrides strides) {
  const std::uint32_t d = q.features / op.heads;
  const std::uint32_t count = queries.last - queries.first;
  widen_head(q, queries.first, count, std::size_t{h} * d, d, block.wide_q);
  dot_products(block.wide_q, {0, count}, block.wide_k, {0, keys.last - keys.first},
               whole_vectors({0, d}), block.acc.data(), kKeyBlock);
  for (std::uint32_t i = queries.first; i < queries.last; ++i) {
    const KeyRange all = keys_seen(op.mask, i, queries.keys);
    const KeyRange seen{std::max(all.first, keys.first), std::min(all.last, keys.last)};
    if (seen.first >= seen.last) continue;
    finish_scores(
        op, h, i, seen,
        block.acc.data() + (i - queries.first) * std::size_t{kKeyBlock} + seen.first - keys.first,
        scores + h * strides.head + i * strides.query + seen.first);
  }
}

void score_in_blocks(const AttentionScores& op, Queries queries, TokenRows q, TokenRows k,
                     std::int8_t* scores, ScoreStrides strides) {
  const std::uint32_t d = q.features / op.heads;
  ScoreBlock block(d);
  for (std::uint32_t h = 0; h < op.heads; ++h) {
    const std::size_t g = shared_head(h, op.kv_heads, op.heads);
    const KeyRange all = keys_seen_by_any(op.mask, queries);
    for (std::uint32_t j = all.first; j < all.last; j += kKeyBlock) {
      const KeyRange keys{j, std::min(j + kKeyBlock, all.last)};
      widen_head(k, j, keys.last - j, g * d, d, block.wide_k);
      for (std::uint32_t i = queries.first; i < queries.last; i += kQueryBlock) {
        const Queries part{i, std::min(i + kQueryBlock, queries.last), queries.keys};
        const KeyRange seen = keys_seen_by_any(op.mask, part);
        if (seen.first >= keys.last || seen.last <= keys.first) continue;
        score_block(op, h, part, keys, q, block, scores, strides);
      }
    }
  }
}

/// 0 for the keys that a query does not see.
void clear_unseen(const workload::AttentionMask& mask, std::uint32_t heads, Queries queries,
                  std::int8_t* x, ScoreStrides strides) {
  for (std::uint32_t i = queries.first; i < queries.last; ++i) {
    const KeyRange seen = keys_seen(mask, i, queries.keys);
    for (std::uint32_t h = 0; h < heads; ++h) {
      std::int8_t* row = x + h * strides.head + i * strides.query;
      std::fill_n(row, seen.first, std::int8_t{0});
      std::fill(row + seen.last, row + queries.keys, std::int8_t{0});
    }
  }
}

void weigh_one_by_one(const AttentionValues& op, Queries queries, const std::int8_t* p,
                      ScoreStrides strides, TokenRows v, std::int8_t* out) {
  const std::uint32_t d = v.features / op.kv_heads;
  std::vector<std::int32_t> acc(d);
  for (std::uint32_t i = queries.first; i < queries.last; ++i) {
    const KeyRange seen = keys_seen(op.mask, i, queries.keys);
    for (std::uint32_t h = 0; h < op.heads; ++h) {
      const std::size_t g = shared_head(h, op.kv_heads, op.heads);
      const std::int8_t* values = v.data + std::size_t{seen.first} * v.features + g * d;
      weighted_sum({values, v.features, seen.last - seen.first, d},
                   p + h * strides.head + i * strides.query + seen.first, acc.data());
      rescale_all(acc.data(), op.multiplier, d, {.shift = op.shift, .low = -128},
                  out + (std::size_t{i} * op.heads + h) * d);
    }
  }
}

/// The values of one head, a row for each of its features, a column for each of the keys.
void transpose_head(TokenRows v, KeyRange keys, std::size_t offset, std::uint32_t d,
                    WideRows& wide) {
  for (std::uint32_t j = keys.first; j < keys.last; ++j) {
    const std::int8_t* row = v.data + std::size_t{j} * v.features + offset;
    for (std::uint32_t c = 0; c < d; ++c) wide.row(c)[j - keys.first] = row[c];
  }
}

/// One row of probabilities for the given columns, whose first stands for key `first_key`; 0 where
/// the query does not see the key.
void widen_probabilities(const std::int8_t* p, KeyRange seen, std::uint32_t first_key,
                         ColumnRange columns, std::int16_t* row) {
  std::int16_t* const begin = row + (seen.first - first_key);
  std::int16_t* const end = row + (seen.last - first_key);
  std::fill(row + columns.first, begin, std::int16_t{0});
  widen(p + seen.first, seen.last - seen.first, begin);
  std::fill(end, row + columns.last, std::int16_t{0});
}

/// Blocks of queries that stay in the caches, against the transposed values of a head.
void weigh_in_blocks(const AttentionValues& op, Queries queries, const std::int8_t* p,
                     ScoreStrides strides, TokenRows v, std::int8_t* out) {
  const std::uint32_t d = v.features / op.kv_heads;
  const KeyRange all = keys_seen_by_any(op.mask, queries);
  const std::uint32_t block = std::min(kQueryBlock, rows_in_cache(all.last - all.first));
  const std::size_t stride = whole_tiles(d);
  WideRows wide_p(block, all.last - all.first);
  WideRows wide_v(d, all.last - all.first);
  std::vector<std::int32_t> acc(whole_tiles(block) * stride);
  for (std::uint32_t h = 0; h < op.heads; ++h) {
    const std::uint32_t g = shared_head(h, op.kv_heads, op.heads);
    if (h == 0 || g != shared_head(h - 1, op.kv_heads, op.heads)) {
      transpose_head(v, all, std::size_t{g} * d, d, wide_v);
    }
    for (std::uint32_t i = queries.first; i < queries.last; i += block) {
      const Queries part{i, std::min(i + block, queries.last), queries.keys};
      const KeyRange keys = keys_seen_by_any(op.mask, part);
      const ColumnRange columns = whole_vectors({keys.first - all.first, keys.last - all.first});
      for (std::uint32_t l = i; l < part.last; ++l) {
        widen_probabilities(p + h * strides.head + l * strides.query,
                            keys_seen(op.mask, l, queries.keys), all.first, columns,
                            wide_p.row(l - i));
      }
      dot_products(wide_p, {0, part.last - i}, wide_v, {0, d}, columns, acc.data(), stride);
      for (std::uint32_t l = i; l < part.last; ++l) {
        rescale_all(acc.data() + (l - i) * stride, op.multiplier, d,
                    {.shift = op.shift, .low = -128}, out + (std::size_t{l} * op.heads + h) * d);
      }
    }
  }
}

}  // namespace

KeyRange keys_seen(const workload::AttentionMask& mask, std::uint32_t query, std::uint32_t keys) {
  KeyRange seen{0, keys};
  if (mask.causal) seen.last = std::min(keys, query + 1);
  if (mask.window) {
    if (query >= *mask.window) seen.first = query - *mask.window + 1;
    seen.last = std::min(seen.last, query + *mask.window);
  }
  return seen;
}

void attention_scores(const AttentionScores& op, Queries queries, TokenRows q, TokenRows k,
                      std::int8_t* scores, ScoreStrides strides) {
  if (queries.last - queries.first < kFewQueries) {
    score_one_by_one(op, queries, q, k, scores, strides);
  } else {
    score_in_blocks(op, queries, q, k, scores, strides);
  }
  clear_unseen(op.mask, op.heads, queries, scores, strides);
}

void softmax(const workload::Softmax& op, Queries queries, const std::int8_t* scores,
             std::int8_t* probabilities, ScoreStrides strides) {
  std::vector<std::uint32_t> exponentials(queries.keys);
  for (std::uint32_t i = queries.first; i < queries.last; ++i) {
    const KeyRange seen = keys_seen(op.mask, i, queries.keys);
    for (std::uint32_t h = 0; h < op.heads; ++h) {
      const std::size_t begin = h * strides.head + i * strides.query + seen.first;
      softmax_row(op.table.data(), scores + begin, seen.last - seen.first, exponentials.data(),
                  probabilities + begin);
    }
  }
  clear_unseen(op.mask, op.heads, queries, probabilities, strides);
}

void attention_values(const AttentionValues& op, Queries queries, const std::int8_t* probabilities,
                      ScoreStrides strides, TokenRows v, std::int8_t* out) {
  if (queries.last - queries.first < kFewQueries) {
    weigh_one_by_one(op, queries, probabilities, strides, v, out);
  } else {
    weigh_in_blocks(op, queries, probabilities, strides, v, out);
  }
}

}  // namespace sim::values
