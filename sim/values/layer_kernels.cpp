#include "sim/values/layer_kernels.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/base/vector_clones.h"
#include "sim/reference/arithmetic.h"
#include "sim/values/dot_products.h"
#include "sim/values/kernels.h"

namespace sim::values {
namespace {

using reference::clamp8;
using reference::rshift;

/// Rows below which widening the weights costs more than it saves.
constexpr std::uint32_t kFewRows = 4;

void widen_rows(const std::int8_t* x, std::uint32_t rows, std::uint32_t columns, WideRows& wide) {
  for (std::uint32_t i = 0; i < rows; ++i) {
    widen(x + std::size_t{i} * columns, columns, wide.row(i));
  }
}

/// finish(row, first output, outputs, sums with bias) for all parts of all rows, one row at a time.
template <class Finish>
void few_rows(const workload::Weights& op, std::uint32_t rows, const std::int8_t* x,
              const Finish& finish) {
  std::vector<std::int16_t> wide(op.inputs);
  std::vector<std::int32_t> sums(op.outputs);
  for (std::uint32_t l = 0; l < rows; ++l) {
    widen(x + std::size_t{l} * op.inputs, op.inputs, wide.data());
    dot_rows({op.weight.data(), op.inputs, op.outputs, op.inputs}, wide.data(), sums.data());
    add_bias(op.bias.data(), op.outputs, sums.data());
    finish(l, 0U, op.outputs, sums.data());
  }
}

/// The same for blocks of rows and outputs that stay in the caches.
template <class Finish>
void many_rows(const workload::Weights& op, std::uint32_t rows, const std::int8_t* x,
               const Finish& finish) {
  const std::uint32_t row_block = std::min(rows, rows_in_cache(op.inputs));
  const std::uint32_t output_block = std::min(op.outputs, 64U);
  const std::size_t stride = whole_tiles(output_block);
  WideRows wide_x(row_block, op.inputs);
  WideRows wide_weight(output_block, op.inputs);
  std::vector<std::int32_t> sums(whole_tiles(row_block) * stride);
  for (std::uint32_t l = 0; l < rows; l += row_block) {
    const std::uint32_t block_rows = std::min(row_block, rows - l);
    widen_rows(x + std::size_t{l} * op.inputs, block_rows, op.inputs, wide_x);
    for (std::uint32_t h = 0; h < op.outputs; h += output_block) {
      const std::uint32_t outputs = std::min(output_block, op.outputs - h);
      widen_rows(op.weight.data() + std::size_t{h} * op.inputs, outputs, op.inputs, wide_weight);
      dot_products(wide_x, {0, block_rows}, wide_weight, {0, outputs},
                   whole_vectors({0, op.inputs}), sums.data(), stride);
      for (std::uint32_t i = 0; i < block_rows; ++i) {
        std::int32_t* row = sums.data() + i * stride;
        add_bias(op.bias.data() + h, outputs, row);
        finish(l + i, h, outputs, row);
      }
    }
  }
}

template <class Finish>
void products(const workload::Weights& op, std::uint32_t rows, const std::int8_t* x,
              const Finish& finish) {
  if (rows < kFewRows) return few_rows(op, rows, x, finish);
  many_rows(op, rows, x, finish);
}

/// z = x * x_multiplier + y * y_multiplier, at most 2^24 in size; y may be null. Returns the sum.
SIM_VECTOR_CLONES std::int64_t scale(const workload::Norm& op, const std::int8_t* x,
                                     const std::int8_t* y, std::uint32_t n, std::int32_t* z) {
  std::int64_t sum = 0;
  if (y == nullptr) {
    for (std::uint32_t c = 0; c < n; ++c) z[c] = x[c] * op.x_multiplier;
  } else {
    for (std::uint32_t c = 0; c < n; ++c) {
      z[c] = x[c] * op.x_multiplier + y[c] * op.y_multiplier;
    }
  }
  for (std::uint32_t c = 0; c < n; ++c) sum += z[c];
  return sum;
}

/// z -= mean; returns the sum of squares, at most 2^62.
SIM_VECTOR_CLONES std::int64_t centre(std::int32_t mean, std::uint32_t n, std::int32_t* z) {
  std::int64_t squares = 0;
  for (std::uint32_t c = 0; c < n; ++c) {
    z[c] -= mean;
    squares += std::int64_t{z[c]} * z[c];
  }
  return squares;
}

/// floor(sqrt(v)). A mean square is below 2^49 (|z| <= 2^24), where the double nearest to the root
/// never reaches the next integer: n - sqrt(n^2 - 1) is above n * 2^-51.
std::int64_t fast_isqrt(std::int64_t v) {
  return static_cast<std::int64_t>(std::sqrt(static_cast<double>(v)));
}

/// Divides in doubles, several at once: |u * 2^15| is at most 2^40 and a quotient that is no
/// integer is at least 1 / root away from one, which is far more than what rounding moves it by.
SIM_VECTOR_CLONES void finish_norm(const workload::Norm& op, const std::int32_t* u, std::uint32_t n,
                                   std::int64_t root, std::int8_t* out) {
  const auto divisor = static_cast<double>(root);
  const std::int32_t* gamma = op.gamma.data();
  const std::int32_t* beta = op.beta.data();
  for (std::uint32_t c = 0; c < n; ++c) {
    const double quotient = static_cast<double>(u[c]) * 32768.0 / divisor;
    std::int64_t normal = static_cast<std::int32_t>(quotient);  // towards 0; at most 2^24
    normal -= static_cast<double>(normal) > quotient ? 1 : 0;
    out[c] = clamp8(rshift(normal * gamma[c] + beta[c], op.shift));
  }
}

void norm_row(const workload::Norm& op, std::uint32_t n, const std::int8_t* x, const std::int8_t* y,
              std::int32_t* z, std::int8_t* out) {
  const std::int64_t sum = scale(op, x, y, n, z);
  const bool centred = op.kind == workload::Norm::Kind::kLayer;
  const std::int64_t mean = centred ? reference::floor_div(sum + n / 2, n) : std::int64_t{0};
  const std::int64_t squares = centre(static_cast<std::int32_t>(mean), n, z);
  finish_norm(op, z, n, std::max<std::int64_t>(1, fast_isqrt(squares / n)), out);
}

SIM_VECTOR_CLONES void rescale_row(const std::int8_t* x, std::int32_t multiplier, std::uint32_t n,
                                   std::uint32_t shift, std::int8_t* y) {
  for (std::uint32_t c = 0; c < n; ++c) {
    y[c] = clamp8(rshift(std::int64_t{x[c]} * multiplier, shift));
  }
}

/// Pair p is the features p * step and p * step + distance.
SIM_VECTOR_CLONES void turn_pairs(const workload::Rotary& op, const std::int32_t* cosine,
                                  const std::int32_t* sine, const std::int8_t* __restrict x,
                                  std::int8_t* __restrict y) {
  const bool halves = op.order == workload::Rotary::Pairs::kHalves;
  const std::size_t step = halves ? 1 : 2;
  const std::size_t distance = halves ? op.pairs : 1;
  for (std::size_t p = 0; p < op.pairs; ++p) {
    const std::int64_t a = x[p * step];
    const std::int64_t b = x[p * step + distance];
    y[p * step] = clamp8(rshift(a * cosine[p] - b * sine[p], op.shift));
    y[p * step + distance] = clamp8(rshift(b * cosine[p] + a * sine[p], op.shift));
  }
}

}  // namespace

void embedding(const workload::Embedding& op, std::span<const std::int32_t> tokens,
               std::uint32_t first_position, std::int8_t* y) {
  const std::uint32_t n = op.features;
  for (std::size_t l = 0; l < tokens.size(); ++l) {
    const std::int8_t* token = op.table.data() + static_cast<std::size_t>(tokens[l]) * n;
    if (op.has_positions) {
      embed_row(token, op.positions.data() + (first_position + l) * n, op.token_multiplier,
                op.position_multiplier, n, op.shift, y + l * n);
    } else {
      rescale_row(token, op.token_multiplier, n, op.shift, y + l * n);
    }
  }
}

void linear(const workload::Linear& op, std::uint32_t rows, const std::int8_t* x, std::int8_t* y) {
  const workload::Weights& weights = op.weights;
  const Rescale how{.shift = weights.shift,
                    .low = static_cast<std::int8_t>(weights.relu ? 0 : -128)};
  products(weights, rows, x, [&](auto row, auto first, auto count, const std::int32_t* sums) {
    rescale_each(sums, weights.multipliers.data() + first, count, how,
                 y + std::size_t{row} * weights.outputs + first);
  });
}

void logits(const workload::Logits& op, std::uint32_t rows, const std::int8_t* x, std::int32_t* y) {
  const workload::Weights& weights = op.weights;
  products(weights, rows, x, [&](auto row, auto first, auto count, const std::int32_t* sums) {
    rescale_logits(sums, weights.multipliers.data() + first, count, weights.shift,
                   y + std::size_t{row} * weights.outputs + first);
  });
}

void norm(const workload::Norm& op, std::uint32_t rows, std::uint32_t features,
          const std::int8_t* x, const std::int8_t* y, std::int8_t* out) {
  std::vector<std::int32_t> z(features);
  for (std::uint32_t l = 0; l < rows; ++l) {
    const std::size_t begin = std::size_t{l} * features;
    norm_row(op, features, x + begin, y == nullptr ? y : y + begin, z.data(), out + begin);
  }
}

void rotary(const workload::Rotary& op, std::uint32_t first_position, std::uint32_t rows,
            std::uint32_t features, const std::int8_t* x, std::int8_t* y) {
  const std::uint32_t head = features / op.heads;
  const std::size_t turned = std::size_t{2} * op.pairs;  // the others of a head are only scaled
  for (std::uint32_t l = 0; l < rows; ++l) {
    const std::size_t angles = (std::size_t{first_position} + l) * op.pairs;
    for (std::uint32_t h = 0; h < op.heads; ++h) {
      const std::size_t begin = std::size_t{l} * features + std::size_t{h} * head;
      turn_pairs(op, op.cosine.data() + angles, op.sine.data() + angles, x + begin, y + begin);
      rescale_row(x + begin + turned, op.multiplier, static_cast<std::uint32_t>(head - turned),
                  op.shift, y + begin + turned);
    }
  }
}

}  // namespace sim::values
