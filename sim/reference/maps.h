#pragma once

#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

/// Operators of maps, [channels, rows, columns].
namespace sim::reference {

/// acc[o,i,j] = bias[o] + sum_c,r,s weight[o,c,r,s] * x[g*C/groups+c, i*sy-top+r*dy,
/// j*sx-left+s*dx], x being 0 outside of the map and g the group of o; then as linear.
Int8Tensor conv2d(const workload::Conv2d& op, const Int8Tensor& x);

/// The greatest element of each window; outside of the map there is none.
Int8Tensor max_pool2d(const workload::MaxPool2d& op, const Int8Tensor& x);

/// clamp8(nearest(sum * multiplier, number * 2^shift)) of the elements of each window; with
/// count_padding the number is that of its places in the map and its padding.
Int8Tensor average_pool2d(const workload::AveragePool2d& op, const Int8Tensor& x);

/// nearest: each pixel as a block of `factor`; zeros: each pixel at multiples of `factor`, with
/// zeros between them.
Int8Tensor upsample(const workload::Upsample& op, const Int8Tensor& x);

/// To features: all elements as one row; to tokens: a row of channels for each pixel.
Int8Tensor flatten(const workload::Flatten& op, const Int8Tensor& x);

/// One row as a map, in the order of memory.
Int8Tensor unflatten(const workload::Unflatten& op, const Int8Tensor& x);

/// clamp8(rshift(x * table[min(sum >> table_shift, last)], shift)), sum = squares of the channels
/// c - floor(size/2) ... c + floor((size-1)/2) that exist, at each pixel.
Int8Tensor local_response_norm(const workload::LocalResponseNorm& op, const Int8Tensor& x);

}  // namespace sim::reference
