#include "sim/values/kernels.h"

#include <algorithm>
#include <cmath>

#include "sim/reference/arithmetic.h"

// The loader picks the widest vector version that the processor has. Only GCC knows these names.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SIM_VECTOR_CLONES \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define SIM_VECTOR_CLONES
#endif

namespace sim::values {
namespace {

using reference::clamp8;
using reference::rshift;

/// floor(sqrt(v)). A variance is below 2^49 (|z| <= 2^24), where the double nearest to the root
/// never reaches the next integer: n - sqrt(n^2 - 1) is above n * 2^-51.
std::int64_t fast_isqrt(std::int64_t v) {
  return static_cast<std::int64_t>(std::sqrt(static_cast<double>(v)));
}

/// z = x * x_multiplier + y * y_multiplier, at most 2^24 in size; returns the rounded mean.
SIM_VECTOR_CLONES std::int64_t add_scaled(const NormConstants& constants, const std::int8_t* x,
                                          const std::int8_t* y, std::uint32_t n, std::int32_t* z) {
  std::int64_t sum = 0;
  for (std::uint32_t c = 0; c < n; ++c) {
    z[c] = x[c] * constants.x_multiplier + y[c] * constants.y_multiplier;
    sum += z[c];
  }
  return reference::floor_div(sum + n / 2, n);
}

/// z -= mean; returns the sum of squares.
SIM_VECTOR_CLONES std::int64_t centre(std::int32_t mean, std::uint32_t n, std::int32_t* z) {
  std::int64_t squares = 0;
  for (std::uint32_t c = 0; c < n; ++c) {
    z[c] -= mean;
    squares += std::int64_t{z[c]} * z[c];
  }
  return squares;
}

}  // namespace

SIM_VECTOR_CLONES void widen(const std::int8_t* x, std::uint32_t n, std::int16_t* out) {
  for (std::uint32_t c = 0; c < n; ++c) out[c] = x[c];
}

SIM_VECTOR_CLONES void dot_rows(const MatrixView& matrix, const std::int16_t* x,
                                std::int32_t* acc) {
  const std::uint32_t columns = matrix.columns;
  for (std::uint32_t h = 0; h < matrix.rows; ++h) {
    const std::int8_t* row = matrix.data + h * matrix.stride;
    std::int32_t sum = 0;
    for (std::uint32_t w = 0; w < columns; ++w) {
      const std::int16_t weight = row[w];  // both factors in 16 bits: one instruction multiplies
      sum += weight * x[w];                // and adds pairs
    }
    acc[h] = sum;
  }
}

SIM_VECTOR_CLONES void weighted_sum(const MatrixView& matrix, const std::int8_t* p,
                                    std::int32_t* __restrict acc) {
  const std::uint32_t columns = matrix.columns;
  std::fill_n(acc, columns, 0);
  for (std::uint32_t j = 0; j < matrix.rows; ++j) {
    const std::int8_t* row = matrix.data + j * matrix.stride;
    const std::int32_t weight = p[j];
    for (std::uint32_t c = 0; c < columns; ++c) acc[c] += weight * row[c];
  }
}

SIM_VECTOR_CLONES void add_bias(const std::int32_t* bias, std::uint32_t n, std::int32_t* acc) {
  for (std::uint32_t h = 0; h < n; ++h) acc[h] += bias[h];
}

SIM_VECTOR_CLONES void rescale_each(const std::int32_t* acc, const std::int32_t* multipliers,
                                    std::uint32_t n, Rescale how, std::int8_t* y) {
  for (std::uint32_t h = 0; h < n; ++h) {
    y[h] = std::max(how.low, clamp8(rshift(std::int64_t{acc[h]} * multipliers[h], how.shift)));
  }
}

SIM_VECTOR_CLONES void rescale_all(const std::int32_t* acc, std::int32_t multiplier,
                                   std::uint32_t n, Rescale how, std::int8_t* y) {
  for (std::uint32_t h = 0; h < n; ++h) {
    y[h] = std::max(how.low, clamp8(rshift(std::int64_t{acc[h]} * multiplier, how.shift)));
  }
}

SIM_VECTOR_CLONES void rescale_logits(const std::int32_t* acc, const std::int32_t* multipliers,
                                      std::uint32_t n, std::uint32_t shift, std::int32_t* y) {
  for (std::uint32_t h = 0; h < n; ++h) {
    y[h] = static_cast<std::int32_t>(rshift(std::int64_t{acc[h]} * multipliers[h], shift));
  }
}

SIM_VECTOR_CLONES void embed_row(const std::int8_t* token, const std::int8_t* position,
                                 std::int32_t token_multiplier, std::int32_t position_multiplier,
                                 std::uint32_t n, std::uint32_t shift, std::int8_t* y) {
  for (std::uint32_t c = 0; c < n; ++c) {
    const std::int64_t sum =
        std::int64_t{token[c]} * token_multiplier + std::int64_t{position[c]} * position_multiplier;
    y[c] = clamp8(rshift(sum, shift));
  }
}

void softmax_row(const std::uint16_t* table, const std::int8_t* s, std::uint32_t n,
                 std::uint32_t* scratch, std::int8_t* p) {
  const std::int32_t max = *std::max_element(s, s + n);
  std::uint32_t sum = 0;  // at most 65536 * 65535
  for (std::uint32_t j = 0; j < n; ++j) {
    scratch[j] = table[max - s[j]];
    sum += scratch[j];
  }
  for (std::uint32_t j = 0; j < n; ++j) {
    p[j] = static_cast<std::int8_t>((127 * scratch[j] + sum / 2) / sum);
  }
}

void add_norm_row(const NormConstants& constants, const std::int8_t* x, const std::int8_t* y,
                  std::uint32_t n, std::int32_t* scratch, std::int8_t* out) {
  const std::int64_t mean = add_scaled(constants, x, y, n, scratch);
  const std::int64_t squares = centre(static_cast<std::int32_t>(mean), n, scratch);
  const std::int64_t root = std::max<std::int64_t>(1, fast_isqrt(squares / n));
  for (std::uint32_t c = 0; c < n; ++c) {
    const std::int64_t normal = reference::floor_div(std::int64_t{scratch[c]} << 15, root);
    out[c] = clamp8(rshift(normal * constants.gamma[c] + constants.beta[c], constants.shift));
  }
}

std::uint32_t arg_max(const std::int32_t* y, std::uint32_t n) {
  return static_cast<std::uint32_t>(std::max_element(y, y + n) - y);
}

}  // namespace sim::values
