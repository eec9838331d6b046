#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

/// Operators that work on tokens, row by row: the arithmetic truth of docs/trace-format.md, in
/// 64-bit integers and without any care for speed. Shapes are [tokens, features]. A result that the
/// definition forbids (an accumulator or a logit outside int32) is a failed check.
namespace sim::reference {

/// y[l,c] = clamp8(rshift(table[token_l,c] * token_multiplier + positions[l,c] *
/// position_multiplier, shift)); without positions, their product is 0.
Int8Tensor embedding(const workload::Embedding& op, std::span<const std::int32_t> tokens);

/// Its value, in the shape of the operator.
Int8Tensor constant(const workload::Constant& op, std::vector<std::uint32_t> shape);

/// y[l,h] = clamp8(rshift((bias[h] + sum_w weight[h,w] * x[l,w]) * multipliers[h], shift)); with
/// ReLU, negative results become 0.
Int8Tensor linear(const workload::Linear& op, const Int8Tensor& x);

/// As linear, without clamp and ReLU.
Int32Tensor logits(const workload::Logits& op, const Int8Tensor& x);

/// Normalisation of each row of d features of z = x * x_multiplier (+ y * y_multiplier):
/// mean = floor((sum z + floor(d/2)) / d), or 0 for rms; u = z - mean;
/// r = max(1, isqrt(floor(sum u^2 / d))); n = floor(u * 2^15 / r);
/// out = clamp8(rshift(n * gamma + beta, shift)).
Int8Tensor norm(const workload::Norm& op, const Int8Tensor& x);
Int8Tensor norm(const workload::Norm& op, const Int8Tensor& x, const Int8Tensor& y);

/// In each head, pairs (a, b) of features turn by the angle of the row's number l:
/// y_a = clamp8(rshift(x_a * cosine[l,p] - x_b * sine[l,p], shift)),
/// y_b = clamp8(rshift(x_b * cosine[l,p] + x_a * sine[l,p], shift));
/// the features in no pair are clamp8(rshift(x * multiplier, shift)).
Int8Tensor rotary(const workload::Rotary& op, const Int8Tensor& x);

/// The next token of greedy decoding: the lowest index of the maximum of row `l`.
std::int32_t arg_max(const Int32Tensor& logits, std::uint32_t l);

}  // namespace sim::reference
