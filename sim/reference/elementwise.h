#pragma once

#include <span>

#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

/// Operators that take tokens [tokens, features] or maps [channels, rows, columns] alike, element
/// by element or by moving elements: the arithmetic truth of docs/trace-format.md, in 64-bit
/// integers and without any care for speed.
namespace sim::reference {

/// clamp8(rshift(x * x_multiplier + y * y_multiplier, shift)), with ReLU, negative results become
/// 0. y has the shape of x, or is one row [1, features] for every row of x, or [channels, 1, 1] for
/// every pixel; any other shape is a failed check.
Int8Tensor add(const workload::Add& op, const Int8Tensor& x, const Int8Tensor& y);

/// clamp8(rshift(x * y * multiplier, shift)), shapes as those of add.
Int8Tensor multiply(const workload::Multiply& op, const Int8Tensor& x, const Int8Tensor& y);

/// clamp8(rshift(x_i * multipliers[i], shift)), the inputs one after the other along the axis.
Int8Tensor concat(const workload::Concat& op, std::span<const Int8Tensor> inputs);

/// Rows or features (channels) begin to begin + size - 1.
Int8Tensor split(const workload::Split& op, const Int8Tensor& x);

/// To features: one row of all elements; to tokens: a map [C, H, W] becomes [H*W, C].
Int8Tensor flatten(const workload::Flatten& op, const Int8Tensor& x);

/// One row becomes a map.
Int8Tensor unflatten(const workload::Unflatten& op, const Int8Tensor& x);

/// table[x + 128].
Int8Tensor activation(const workload::Activation& op, const Int8Tensor& x);

/// clamp8(nearest(sum * multiplier, n * 2^shift)) over the n rows of each feature, [1, features],
/// or the n pixels of each channel, [channels, 1, 1].
Int8Tensor global_average(const workload::GlobalAverage& op, const Int8Tensor& x);

}  // namespace sim::reference
