#pragma once

#include <bit>
#include <cstdint>

namespace sim::base {

/// a / b rounded up; b > 0.
constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0); }

/// Smallest k with 2^k >= n; n >= 1.
constexpr std::uint32_t ceil_log2(std::uint64_t n) {
  return n <= 1 ? 0 : static_cast<std::uint32_t>(std::bit_width(n - 1));
}

}  // namespace sim::base
