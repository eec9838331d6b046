#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/workload/network_operators.h"

/// Fast kernels of attention for any range of queries, one of a sentence that grows or all of them;
/// equal to sim/reference/attention.h bit by bit. Inputs and outputs do not overlap, and the caller
/// owns both.
namespace sim::values {

/// Tokens one after the other, from token 0 on.
struct TokenRows {
  const std::int8_t* data = nullptr;
  std::uint32_t features = 0;
};

/// Queries [first, last), counted from the sentence's first, and the keys that there are.
struct Queries {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t keys = 0;
};

/// The score of head h, query i and key j lies at h * head + i * query + j. [heads, queries, keys]
/// has head = queries * keys and query = keys; [queries, heads, keys] head = keys and query = heads
/// * keys.
struct ScoreStrides {
  std::size_t head = 0;
  std::size_t query = 0;
};

/// Keys [first, last) that a query sees.
struct KeyRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};
KeyRange keys_seen(const workload::AttentionMask& mask, std::uint32_t query, std::uint32_t keys);

/// All scores of these queries; those of keys that they do not see become 0.
void attention_scores(const workload::AttentionScores& op, Queries queries, TokenRows q,
                      TokenRows k, std::int8_t* scores, ScoreStrides strides);

/// All probabilities of these queries; those of keys that they do not see become 0. Scores and
/// probabilities have equal strides.
void softmax(const workload::Softmax& op, Queries queries, const std::int8_t* scores,
             std::int8_t* probabilities, ScoreStrides strides);

/// out: [queries, heads * features of a head of v], from query 0 on.
void attention_values(const workload::AttentionValues& op, Queries queries,
                      const std::int8_t* probabilities, ScoreStrides strides, TokenRows v,
                      std::int8_t* out);

}  // namespace sim::values
