#pragma once

#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

/// The three steps of attention: the arithmetic truth of docs/trace-format.md, in 64-bit integers
/// and without any care for speed. Queries, keys and values are [tokens, features], scores and
/// probabilities [heads, queries, keys], with 0 where a query does not see a key.
namespace sim::reference {

/// Whether query i sees key j: causal, none with j > i; with a window w, none with j <= i - w, and
/// without causality none with j >= i + w either.
bool sees(const workload::AttentionMask& mask, std::uint32_t query, std::uint32_t key);

/// s[h,i,j] = clamp8(rshift(sum_c q[i, h*dk + c] * k[j, g*dk + c] * multiplier
/// + bias[h, j - i + M - 1], shift)), dk = features of q / heads, g = floor(h * kv_heads / heads);
/// without bias, it is 0.
Int8Tensor attention_scores(const workload::AttentionScores& op, const Int8Tensor& q,
                            const Int8Tensor& k);

/// Over the keys that a query sees, with m the greatest of their scores: e_j = table[m - s_j],
/// p_j = floor((127 * e_j + floor(sum / 2)) / sum), sum = sum of e_j.
Int8Tensor softmax(const workload::Softmax& op, const Int8Tensor& scores);

/// o[i, h*dv + c] = clamp8(rshift(sum_j p[h,i,j] * v[j, g*dv + c] * multiplier, shift)),
/// dv = features of v / kv_heads.
Int8Tensor attention_values(const workload::AttentionValues& op, const Int8Tensor& p,
                            const Int8Tensor& v);

}  // namespace sim::reference
