#pragma once

/// What defences leave to the CPU: operations on real values, in plain C, so that they can also be
/// compiled for the CPU that is modelled. Nothing is allocated; pointers do not overlap unless that
/// is said.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// p[i] = e^x[i] / sum of all e^x[j]. p may be x.
void handler_softmax(const float* x, float* p, size_t n);

/// Sum of |a[i] - b[i]|; root of the sum of (a[i] - b[i])^2.
float handler_l1(const float* a, const float* b, size_t n);
float handler_l2(const float* a, const float* b, size_t n);

/// Jensen-Shannon divergence of two distributions, in nats: at most ln 2.
float handler_jensen_shannon(const float* p, const float* q, size_t n);

/// For each pixel of a channel the second highest of itself, its left, its upper and its upper left
/// neighbour; the image's edge repeats its pixels.
void handler_median_2x2(const uint8_t* in, uint8_t* out, size_t height, size_t width);

/// Values of 0 to 1, rounded to the nearest of 2^bits levels. y may be x.
void handler_bit_depth(const float* x, float* y, size_t n, unsigned bits);

/// Each pixel becomes the mean of those of the search window around it, weighted by
/// e^(-d / strength^2), where d is the mean square difference of the patches around the two. Sides
/// of windows are odd; the image's edge repeats its pixels.
void handler_non_local_means(const float* in, float* out, size_t height, size_t width,
                             size_t search, size_t patch, float strength);

/// The k least distances of `query` from `points` rows of n values, rising; k <= points.
void handler_nearest(const float* query, const float* rows, size_t points, size_t n, float* nearest,
                     size_t k);

/// Local intrinsic dimensionality from the k least distances, rising and positive, not all the
/// same: -1 / mean of ln(d[i] / d[k - 1]).
float handler_lid(const float* nearest, size_t k);

/// 1 / (1 + e^-(bias + sum of x[i] w[i])).
float handler_logistic(const float* x, const float* w, float bias, size_t n);

/// The first of the highest values; n > 0.
size_t handler_argmax(const float* x, size_t n);

/// How many values are above the threshold.
size_t handler_above(const float* x, size_t n, float threshold);

#ifdef __cplusplus
}
#endif
