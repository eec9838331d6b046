#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

/// The arithmetic truth: every operator of a network as the trace format defines it, in 64-bit
/// integers and without any care for speed. Tokens are [rows, features], maps (maps.h) [channels,
/// rows, columns]. A result that the definition forbids (an accumulator or a logit outside int32)
/// is a failed check.
namespace sim::reference {

/// y[l,c] = clamp8(rshift(table[token_l,c] * token_multiplier + positions[l,c] *
/// position_multiplier, shift)).
Int8Tensor embedding(const workload::Embedding& op, std::span<const std::int32_t> tokens);

/// y[l,h] = clamp8(rshift((bias[h] + sum_w weight[h,w] * x[l,w]) * multipliers[h], shift)); with
/// ReLU, negative results become 0.
Int8Tensor linear(const workload::Linear& op, const Int8Tensor& x);

/// As linear, without clamp and ReLU.
Int32Tensor logits(const workload::Logits& op, const Int8Tensor& x);

/// y = table[x + 128], of tokens and maps.
Int8Tensor activation(const workload::Activation& op, const Int8Tensor& x);

/// clamp8(rshift(x * x_multiplier + y * y_multiplier, shift)), with ReLU not below 0; y has the
/// shape of x, or one row for all, or one pixel for all.
Int8Tensor add(const workload::Add& op, const Int8Tensor& x, const Int8Tensor& y);

/// clamp8(rshift(x * y * multiplier, shift)); y as in add.
Int8Tensor multiply(const workload::Multiply& op, const Int8Tensor& x, const Int8Tensor& y);

/// clamp8(rshift(x_i * multipliers[i], shift)), one input after the other along the axis.
Int8Tensor concat(const workload::Concat& op, std::span<const Int8Tensor* const> inputs);

/// The rows or features (channels) begin ... begin + size - 1.
Int8Tensor split(const workload::Split& op, const Int8Tensor& x);

/// Normalisation of each row of d features, of a sum where y is given:
/// z = x * x_multiplier + y * y_multiplier; layer: mean = floor((sum z + floor(d/2)) / d), rms: 0;
/// c = z - mean; r = max(1, isqrt(floor(sum c^2 / d))); n = floor(c * 2^15 / r);
/// out = clamp8(rshift(n * gamma + beta, shift)).
Int8Tensor norm(const workload::Norm& op, const Int8Tensor& x, const Int8Tensor* y);

/// Of all rows of each feature, [rows, F] to [1, F], or of all pixels of each channel, [C, H, W] to
/// [C, 1, 1]: clamp8(nearest(sum * multiplier, number * 2^shift)).
Int8Tensor global_average(const workload::GlobalAverage& op, const Int8Tensor& x);

/// The lowest index of the maximum of row `l`: the next token of greedy decoding.
std::int32_t arg_max(const Int32Tensor& logits, std::uint32_t l);

}  // namespace sim::reference
