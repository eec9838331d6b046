#pragma once

#include <cstdint>
#include <vector>

namespace sim::workload {

/// Which weights of a matrix are kept: `rows` x `columns` bits, row-major, each row padded to whole
/// 64-bit words whose bits beyond the last column are 0.
class Mask {
 public:
  Mask() = default;
  Mask(std::uint32_t rows, std::uint32_t columns)
      : rows_(rows),
        columns_(columns),
        words_per_row_((columns + 63) / 64),
        words_(std::size_t{rows} * words_per_row_) {}

  /// Every weight kept.
  static Mask full(std::uint32_t rows, std::uint32_t columns);

  std::uint32_t rows() const { return rows_; }
  std::uint32_t columns() const { return columns_; }
  std::uint32_t words_per_row() const { return words_per_row_; }
  const std::uint64_t* row(std::uint32_t r) const {
    return &words_[std::size_t{r} * words_per_row_];
  }
  std::uint64_t* row(std::uint32_t r) { return &words_[std::size_t{r} * words_per_row_]; }

  bool kept(std::uint32_t r, std::uint32_t c) const { return (row(r)[c / 64] >> (c % 64)) & 1; }
  void keep(std::uint32_t r, std::uint32_t c) { row(r)[c / 64] |= std::uint64_t{1} << (c % 64); }

  /// Kept weights in a row; in all.
  std::uint32_t count_row(std::uint32_t r) const;
  std::uint64_t count() const;

 private:
  std::uint32_t rows_ = 0;
  std::uint32_t columns_ = 0;
  std::uint32_t words_per_row_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace sim::workload
