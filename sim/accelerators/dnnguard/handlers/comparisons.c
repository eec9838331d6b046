#include "sim/accelerators/dnnguard/handlers/handlers.h"

size_t handler_argmax(const float* x, size_t n) {
  size_t best = 0;
  for (size_t i = 1; i < n; ++i) {
    if (x[i] > x[best]) best = i;
  }
  return best;
}

size_t handler_above(const float* x, size_t n, float threshold) {
  size_t count = 0;
  for (size_t i = 0; i < n; ++i) count += x[i] > threshold ? 1 : 0;
  return count;
}
