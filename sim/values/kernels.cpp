#include "sim/values/kernels.h"

#include <algorithm>

#include "sim/base/vector_clones.h"
#include "sim/reference/arithmetic.h"

namespace sim::values {

using reference::clamp8;
using reference::rshift;

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

std::uint32_t arg_max(const std::int32_t* y, std::uint32_t n) {
  return static_cast<std::uint32_t>(std::max_element(y, y + n) - y);
}

}  // namespace sim::values
