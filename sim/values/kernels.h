#pragma once

#include <cstddef>
#include <cstdint>

/// Fast kernels for the operators of sim/reference, one token (row) at a time and equal to them bit
/// by bit. Plain pointers and lengths in elements; inputs and outputs do not overlap. They compute
/// in 32 bits where check_computable (limits.h) has shown that nothing can overflow.
namespace sim::values {

/// rows x columns matrix, row-major, rows `stride` elements apart.
struct MatrixView {
  const std::int8_t* data;
  std::size_t stride;
  std::uint32_t rows;
  std::uint32_t columns;
};

/// How accumulators become outputs: rshift(acc * multiplier, shift), limited to [low, 127].
struct Rescale {
  std::uint32_t shift;
  std::int8_t low;  // 0 with ReLU, else -128
};

/// x as 16-bit integers, which the dot products read faster.
void widen(const std::int8_t* x, std::uint32_t n, std::int16_t* out);

/// acc[h] = sum_w matrix[h,w] * x[w].
void dot_rows(const MatrixView& matrix, const std::int16_t* x, std::int32_t* acc);

/// acc[c] = sum_j p[j] * matrix[j,c].
void weighted_sum(const MatrixView& matrix, const std::int8_t* p, std::int32_t* acc);

/// acc[h] += bias[h].
void add_bias(const std::int32_t* bias, std::uint32_t n, std::int32_t* acc);

/// y[h] = limited rshift(acc[h] * multipliers[h], shift).
void rescale_each(const std::int32_t* acc, const std::int32_t* multipliers, std::uint32_t n,
                  Rescale how, std::int8_t* y);

/// The same with one multiplier for all.
void rescale_all(const std::int32_t* acc, std::int32_t multiplier, std::uint32_t n, Rescale how,
                 std::int8_t* y);

/// y[h] = rshift(acc[h] * multipliers[h], shift), which fits int32.
void rescale_logits(const std::int32_t* acc, const std::int32_t* multipliers, std::uint32_t n,
                    std::uint32_t shift, std::int32_t* y);

/// One row of the token table and one of the position table; multipliers below 2^24.
void embed_row(const std::int8_t* token, const std::int8_t* position, std::int32_t token_multiplier,
               std::int32_t position_multiplier, std::uint32_t n, std::uint32_t shift,
               std::int8_t* y);

/// 1 <= n <= 65536; table: 256 entries, the first above 0; scratch: n entries.
void softmax_row(const std::uint16_t* table, const std::int8_t* s, std::uint32_t n,
                 std::uint32_t* scratch, std::int8_t* p);

/// Lowest index of the maximum; n >= 1.
std::uint32_t arg_max(const std::int32_t* y, std::uint32_t n);

}  // namespace sim::values
