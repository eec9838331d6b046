#include "sim/values/dot_products.h"

#include <algorithm>

#include "sim/base/vector_clones.h"

namespace sim::values {
namespace {

constexpr std::uint32_t kVector = 32;                  // elements of the widest vectors
constexpr std::uint32_t kCachedElements = 256 * 1024;  // half a megabyte
constexpr std::uint32_t kMostCachedRows = 256;

constexpr std::uint32_t to_whole_vectors(std::uint32_t columns) {
  return (columns + kVector - 1) / kVector * kVector;
}

/// A tile of sums. Each has a variable of its own, which the compiler keeps in a vector register;
/// 4 x 4 of them use every loaded vector four times.
[[gnu::always_inline]] inline void dot_tile(const std::int16_t* __restrict a, std::size_t a_stride,
                                            const std::int16_t* __restrict b, std::size_t b_stride,
                                            std::uint32_t columns, std::int32_t* __restrict acc,
                                            std::size_t acc_stride) {
  std::int32_t sums[kTile][kTile] = {};
  for (std::uint32_t c = 0; c < columns; ++c) {
    for (std::uint32_t i = 0; i < kTile; ++i) {
      for (std::uint32_t j = 0; j < kTile; ++j) {
        sums[i][j] += a[i * a_stride + c] * b[j * b_stride + c];
      }
    }
  }
  for (std::uint32_t i = 0; i < kTile; ++i) {
    for (std::uint32_t j = 0; j < kTile; ++j) acc[i * acc_stride + j] = sums[i][j];
  }
}

}  // namespace

WideRows::WideRows(std::uint32_t rows, std::uint32_t columns)
    : stride_(to_whole_vectors(columns)), data_(std::size_t{whole_tiles(rows)} * stride_) {}

std::uint32_t rows_in_cache(std::uint32_t columns) {
  const std::uint32_t rows = kCachedElements / std::max(columns, 1U) / kTile * kTile;
  return std::clamp(rows, 4 * kTile, kMostCachedRows);
}

ColumnRange whole_vectors(ColumnRange columns) {
  return {columns.first / kVector * kVector, to_whole_vectors(columns.last)};
}

SIM_VECTOR_CLONES void dot_products(const WideRows& a, RowRange rows_a, const WideRows& b,
                                    RowRange rows_b, ColumnRange columns, std::int32_t* acc,
                                    std::size_t acc_stride) {
  // Said once more for the compiler, which then leaves out what would handle a rest.
  const std::uint32_t count = to_whole_vectors(columns.last - columns.first);
  for (std::uint32_t i = 0; i < rows_a.count; i += kTile) {
    for (std::uint32_t j = 0; j < rows_b.count; j += kTile) {
      dot_tile(a.row(rows_a.first + i) + columns.first, a.stride(),
               b.row(rows_b.first + j) + columns.first, b.stride(), count, acc + i * acc_stride + j,
               acc_stride);
    }
  }
}

}  // namespace sim::values
