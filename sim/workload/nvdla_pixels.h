#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace sim::workload::nvdla {

/// How a PIXEL_FORMAT of CDMA lies in memory.
struct PixelLayout {
  std::uint32_t channels = 1;      // in the order R, G, B, A or Y, U, V, A
  std::uint32_t element_bits = 8;  // of a channel as the converter sees it
  std::uint32_t pixel_bytes = 1;   // of one pixel in plane 0; in plane 1: twice that
  std::uint32_t planes = 1;
  bool is_signed = false;
  // Of each channel its element in the pixel; where it is packed, its lowest bit. Of two planes
  // that of U and V in plane 1 counts.
  std::array<std::uint32_t, 4> at{};
  bool packed = false;  // 10, 10, 10 and 2 bits in a word
};

/// Nothing for formats of floats and codes that do not exist.
std::optional<PixelLayout> pixel_layout(std::uint32_t pixel_format);

}  // namespace sim::workload::nvdla
