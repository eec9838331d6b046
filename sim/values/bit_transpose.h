#pragma once

#include <array>
#include <cstdint>

namespace sim::values {

/// Bit c of word r becomes bit r of word c (recursive exchange of quadrants, as in Warren,
/// "Hacker's Delight", 7-3).
inline void transpose(std::array<std::uint64_t, 64>& square) {
  std::uint64_t low = 0x0000'0000'ffff'ffff;
  for (std::uint32_t width = 32; width != 0; width /= 2, low ^= low << width) {
    for (std::uint32_t r = 0; r < 64; r = (r + width + 1) & ~width) {
      const std::uint64_t swapped = ((square[r] >> width) ^ square[r + width]) & low;
      square[r] ^= swapped << width;
      square[r + width] ^= swapped;
    }
  }
}

}  // namespace sim::values
