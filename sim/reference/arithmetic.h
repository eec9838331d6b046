#pragma once

#include <algorithm>
#include <cstdint>

namespace sim::reference {

/// v / 2^shift rounded to the nearest integer, halves up; 1 <= shift <= 62. `>>` rounds towards
/// minus infinity.
constexpr std::int64_t rshift(std::int64_t v, std::uint32_t shift) {
  return (v + (std::int64_t{1} << (shift - 1))) >> shift;
}

/// v limited to the range of int8.
constexpr std::int8_t clamp8(std::int64_t v) {
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(v, -128, 127));
}

/// a / b rounded towards minus infinity; b > 0.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// a / b rounded to the nearest integer, halves up; b > 0.
constexpr std::int64_t nearest(std::int64_t a, std::int64_t b) {
  return floor_div(2 * a + b, 2 * b);
}

/// Largest r with r * r <= v, found bit by bit; 0 <= v < 2^62.
constexpr std::int64_t isqrt(std::int64_t v) {
  std::int64_t root = 0;
  for (std::int64_t bit = std::int64_t{1} << 30; bit > 0; bit >>= 1) {
    if ((root + bit) * (root + bit) <= v) root += bit;
  }
  return root;
}

}  // namespace sim::reference
