#include <math.h>

#include "sim/accelerators/dnnguard/handlers/handlers.h"

float handler_l1(const float* a, const float* b, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += fabsf(a[i] - b[i]);
  return sum;
}

float handler_l2(const float* a, const float* b, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sqrtf(sum);
}

/// Puts a distance in its place among `held` rising ones, of which k are kept.
static size_t insert(float* nearest, size_t held, size_t k, float distance) {
  if (held == k && distance >= nearest[k - 1]) return held;
  size_t at = held < k ? held : k - 1;
  for (; at > 0 && nearest[at - 1] > distance; --at) nearest[at] = nearest[at - 1];
  nearest[at] = distance;
  return held < k ? held + 1 : k;
}

void handler_nearest(const float* query, const float* rows, size_t points, size_t n, float* nearest,
                     size_t k) {
  if (k == 0) return;
  size_t held = 0;
  for (size_t i = 0; i < points; ++i) {
    held = insert(nearest, held, k, handler_l2(query, rows + i * n, n));
  }
}

float handler_lid(const float* nearest, size_t k) {
  float sum = 0;
  for (size_t i = 0; i < k; ++i) sum += logf(nearest[i] / nearest[k - 1]);
  return -(float)k / sum;
}
