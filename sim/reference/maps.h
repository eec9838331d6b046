#pragma once

#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

/// Operators that work on maps, [channels, rows, columns]: the arithmetic truth of
/// docs/trace-format.md, in 64-bit integers and without any care for speed. A window that the
/// format refuses (none fits, one has no element) and an accumulator outside int32 are failed
/// checks.
namespace sim::reference {

/// y[o,i,j] = clamp8(rshift((bias[o] + sum_c,r,s weight[o,c,r,s] * x[g*C/groups + c,
/// i*stride - top + r*dilation, j*stride - left + s*dilation]) * multipliers[o], shift)), with x 0
/// outside of the map and g = floor(o / (O/groups)); with ReLU, negative results become 0.
Int8Tensor conv2d(const workload::Conv2d& op, const Int8Tensor& x);

/// The greatest element of each window.
Int8Tensor max_pool2d(const workload::MaxPool2d& op, const Int8Tensor& x);

/// The sum of each window's elements, times multiplier, divided by n * 2^shift to the nearest
/// integer, halves up; n counts the elements, with count_padding the window's places in the map and
/// its padding.
Int8Tensor average_pool2d(const workload::AveragePool2d& op, const Int8Tensor& x);

/// Nearest: y[c,i,j] = x[c, floor(i/factor), floor(j/factor)]; zeros: x[c,i,j] at [c, i*factor,
/// j*factor], 0 elsewhere.
Int8Tensor upsample(const workload::Upsample& op, const Int8Tensor& x);

/// y = clamp8(rshift(x * table[min(S >> table_shift, last)], shift)), S the sum of squares at the
/// same pixel over the channels c - floor(size/2) to c + floor((size-1)/2) that exist.
Int8Tensor local_response_norm(const workload::LocalResponseNorm& op, const Int8Tensor& x);

}  // namespace sim::reference
