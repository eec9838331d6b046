#pragma once

#include <cstdint>
#include <span>

#include "sim/reference/tensor.h"
#include "sim/workload/translation.h"

/// The arithmetic truth: every operator of a workload as the trace format defines it, in 64-bit
/// integers and without any care for speed. Rows are tokens. The operator's own constants and
/// tensors come from `op.values`; its kind is not looked at. A result that the definition forbids
/// (an accumulator or a logit outside int32) is a failed check.
namespace sim::reference {

/// y[l,c] = clamp8(rshift(table[token_l,c] * x_multiplier + positions[l,c] * y_multiplier, shift)).
Int8Tensor embedding(const workload::Operator& op, std::span<const std::int32_t> tokens);

/// y[l,h] = clamp8(rshift((bias[h] + sum_w weight[h,w] * x[l,w]) * multipliers[h], shift)); with
/// ReLU, negative results become 0.
Int8Tensor linear(const workload::Operator& op, const Int8Tensor& x);

/// As linear, without clamp and ReLU.
Int32Tensor logits(const workload::Operator& op, const Int8Tensor& x);

/// s[h,i,j] = clamp8(rshift(sum_c q[i,h*dk+c] * k[j,h*dk+c] * multiplier, shift)), dk = features /
/// heads. Causal: entries j > i do not exist and are stored as 0.
Int8Tensor attention_scores(const workload::Operator& op, const Int8Tensor& q, const Int8Tensor& k);

/// Over the entries j of a row that exist (causal: j <= i; the others are stored as 0), with m
/// their maximum: e_j = table[m - s_j], p_j = floor((127 * e_j + floor(sum / 2)) / sum), sum = sum
/// of e_j.
Int8Tensor softmax(const workload::Operator& op, const Int8Tensor& scores);

/// o[i,h*dk+c] = clamp8(rshift(sum_j p[h,i,j] * v[j,h*dk+c] * multiplier, shift)).
Int8Tensor attention_values(const workload::Operator& op, const Int8Tensor& p, const Int8Tensor& v);

/// Residual addition and layer normalisation of each row of d features:
/// z = x * x_multiplier + y * y_multiplier; mean = floor((sum z + floor(d/2)) / d); c = z - mean;
/// r = max(1, isqrt(floor(sum c^2 / d))); n = floor(c * 2^15 / r);
/// out = clamp8(rshift(n * gamma + beta, shift)).
Int8Tensor add_norm(const workload::Operator& op, const Int8Tensor& x, const Int8Tensor& y);

/// The next token of greedy decoding: the lowest index of the maximum of row `l`.
std::int32_t arg_max(const Int32Tensor& logits, std::uint32_t l);

}  // namespace sim::reference
