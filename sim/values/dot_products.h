#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Sums of products of many rows with many rows, which is what convolutions, products of several
/// tokens with a matrix, and attention of several queries spend their time on.
namespace sim::values {

/// Rows of 16-bit integers for dot_products: rows are padded to whole vectors and there are whole
/// tiles of them, so that nothing has an end of its own. All zero at first.
class WideRows {
 public:
  WideRows(std::uint32_t rows, std::uint32_t columns);

  std::int16_t* row(std::uint32_t i) { return data_.data() + std::size_t{i} * stride_; }
  const std::int16_t* row(std::uint32_t i) const { return data_.data() + std::size_t{i} * stride_; }
  std::uint32_t stride() const { return stride_; }  // elements

 private:
  std::uint32_t stride_;
  std::vector<std::int16_t> data_;
};

/// Rows of a WideRows are computed in tiles of as many; accumulators have room for whole tiles.
constexpr std::uint32_t kTile = 4;

constexpr std::uint32_t whole_tiles(std::uint32_t rows) {
  return (rows + kTile - 1) / kTile * kTile;
}

/// Rows of `columns` 16-bit integers that stay in a second-level cache while other rows pass by.
std::uint32_t rows_in_cache(std::uint32_t columns);

/// `count` rows from `first`, a multiple of kTile.
struct RowRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// Columns [first, last).
struct ColumnRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// The whole vectors that hold these columns.
ColumnRange whole_vectors(ColumnRange columns);

/// acc[i * acc_stride + j] = sum of the products of a's row rows_a.first + i and b's row
/// rows_b.first + j over `columns`, which are whole vectors, for whole tiles of rows: acc_stride is
/// at least whole_tiles(rows_b.count). No sum may exceed int32.
void dot_products(const WideRows& a, RowRange rows_a, const WideRows& b, RowRange rows_b,
                  ColumnRange columns, std::int32_t* acc, std::size_t acc_stride);

}  // namespace sim::values
