#include "scripts/models/poetbin/tree_search/subset_sums.h"

#include <algorithm>
#include <array>

namespace poetbin {
namespace {

constexpr std::size_t kGroup = 8;  // samples whose bits of one feature form a byte

using Rows = std::array<const std::uint8_t*, kGroup>;
using Sums = std::array<std::uint64_t, 1U << kGroup>;

/// Entry m is the sum of the weights whose bits are set in m.
Sums subset_sums(const std::array<std::uint64_t, kGroup>& weights) {
  Sums sums{};
  for (std::size_t bit = 0; bit < kGroup; ++bit) {
    const std::size_t half = std::size_t{1} << bit;
    for (std::size_t m = 0; m < half; ++m) {
      sums[half + m] = sums[m] + weights[bit];
    }
  }
  return sums;
}

/// Bit j of byte i becomes bit i of byte j.
std::uint64_t transpose(std::uint64_t x) {
  std::uint64_t swap = (x ^ (x >> 7)) & 0x00AA00AA00AA00AAU;
  x ^= swap ^ (swap << 7);
  swap = (x ^ (x >> 14)) & 0x0000CCCC0000CCCCU;
  x ^= swap ^ (swap << 14);
  swap = (x ^ (x >> 28)) & 0x00000000F0F0F0F0U;
  return x ^ swap ^ (swap << 28);
}

std::uint64_t byte_column(const Rows& rows, std::size_t column) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < kGroup; ++i) {
    bytes |= std::uint64_t{rows[i][column]} << (8 * i);
  }
  return bytes;
}

/// One look-up a feature serves eight samples.
void add_group(const Rows& rows, std::size_t stride, const Sums& sums, std::uint64_t* totals) {
  for (std::size_t column = 0; column < stride; ++column) {
    const std::uint64_t masks = transpose(byte_column(rows, column));
    for (std::size_t i = 0; i < 8; ++i) {
      totals[8 * column + i] += sums[(masks >> (8 * i)) & 0xFF];
    }
  }
}

}  // namespace

void add_weights_of_set_features(const PackedFeatures& features,
                                 std::span<const std::uint64_t> weights,
                                 std::span<const std::uint32_t> samples,
                                 std::span<std::uint64_t> sums) {
  for (std::size_t begin = 0; begin < samples.size(); begin += kGroup) {
    const std::size_t count = std::min(kGroup, samples.size() - begin);
    Rows rows;
    rows.fill(features.row(samples[begin]));  // missing samples repeat the first one with weight 0
    std::array<std::uint64_t, kGroup> group{};
    for (std::size_t i = 0; i < count; ++i) {
      rows[i] = features.row(samples[begin + i]);
      group[i] = weights[samples[begin + i]];
    }
    add_group(rows, features.stride, subset_sums(group), sums.data());
  }
}

}  // namespace poetbin
