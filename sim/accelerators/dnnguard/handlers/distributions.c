#include <math.h>

#include "sim/accelerators/dnnguard/handlers/handlers.h"

void handler_softmax(const float* x, float* p, size_t n) {
  if (n == 0) return;
  // The highest exponent is 0, so that nothing overflows.
  const float top = x[handler_argmax(x, n)];
  float sum = 0;
  for (size_t i = 0; i < n; ++i) {
    p[i] = expf(x[i] - top);
    sum += p[i];
  }
  for (size_t i = 0; i < n; ++i) p[i] /= sum;
}

/// a ln(a / m), which is 0 where a is.
static float part(float a, float m) { return a > 0 ? a * logf(a / m) : 0; }

float handler_jensen_shannon(const float* p, const float* q, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) {
    const float mean = (p[i] + q[i]) / 2;
    sum += part(p[i], mean) + part(q[i], mean);
  }
  return sum / 2;
}

float handler_logistic(const float* x, const float* w, float bias, size_t n) {
  float sum = bias;
  for (size_t i = 0; i < n; ++i) sum += x[i] * w[i];
  return 1 / (1 + expf(-sum));
}
