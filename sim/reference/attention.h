#pragma once

#include <cstdint>

#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

namespace sim::reference {

/// Whether query i sees key j.
bool sees(const workload::AttentionMask& mask, std::uint32_t i, std::uint32_t j);

/// s[h,i,j] = clamp8(rshift(sum_c q[i,h*dk+c] * k[j,g*dk+c] * multiplier + bias, shift)), dk =
/// features of q / heads, g = floor(h * kv_heads / heads), bias that of head h for key j - query i.
/// Entries that do not exist are stored as 0.
Int8Tensor attention_scores(const workload::AttentionScores& op, const Int8Tensor& q,
                            const Int8Tensor& k);

/// Over the entries j of a row that exist (the others are stored as 0), with m their maximum:
/// e_j = table[m - s_j], p_j = floor((127 * e_j + floor(sum / 2)) / sum), sum = sum of e_j.
Int8Tensor softmax(const workload::Softmax& op, const Int8Tensor& scores);

/// o[i,h*dv+c] = clamp8(rshift(sum_j p[h,i,j] * v[j,g*dv+c] * multiplier, shift)), dv = features of
/// v / kv_heads.
Int8Tensor attention_values(const workload::AttentionValues& op, const Int8Tensor& p,
                            const Int8Tensor& v);

/// Rotates pairs (a, b) of each head's features by the angle of the row's number:
/// a' = clamp8(rshift(a * cos - b * sin, shift)), b' = clamp8(rshift(b * cos + a * sin, shift));
/// other features: clamp8(rshift(x * multiplier, shift)).
Int8Tensor rotary(const workload::Rotary& op, const Int8Tensor& x);

}  // namespace sim::reference
