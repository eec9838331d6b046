#pragma once

#include <array>
#include <cstdint>

#include "sim/workload/network_operators.h"

/// Where the windows of convolutions and pools lie on a map, and how many there are: the sizes of
/// docs/trace-format.md. Rows and columns follow the same rule, so that each is one `WindowSide`.
namespace sim::workload {

/// Windows along one side of a map, in elements. Sizes, kernel, stride and dilation are at least 1.
struct WindowSide {
  std::uint32_t size = 1;    // of the map
  std::uint32_t before = 0;  // padding above or left of it
  std::uint32_t after = 0;   // padding below or right of it
  std::uint32_t kernel = 1;
  std::uint32_t stride = 1;
  std::uint32_t dilation = 1;
  bool ceil_mode = false;
};

/// Of rows and of columns.
using WindowSides = std::array<WindowSide, 2>;

WindowSides window_sides(const Conv2d& conv, std::uint32_t rows, std::uint32_t columns);
WindowSides window_sides(const Windows& pool, std::uint32_t rows, std::uint32_t columns);

/// Elements from the first to the last that a window reads: dilation * (kernel - 1) + 1.
std::uint64_t window_extent(const WindowSide& side);

/// floor((size + before + after - extent) / stride) + 1, in ceil mode with ceil, less 1 if the last
/// window would begin behind the map; 0 where no window fits.
std::uint32_t window_positions(const WindowSide& side);

/// Row or column that tap `tap` of window `position` reads; outside of [0, size): padding.
constexpr std::int64_t window_element(const WindowSide& side, std::uint32_t position,
                                      std::uint32_t tap) {
  return std::int64_t{position} * side.stride - side.before + std::int64_t{tap} * side.dilation;
}

/// Taps [first, last) of a window that read an element of the map; none where first == last.
struct Taps {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};
Taps taps_inside(const WindowSide& side, std::uint32_t position);

/// Whether every window reads an element of the map.
bool every_window_has_element(const WindowSides& sides);

/// Rows or columns of an upsampled map: size * factor, or (size - 1) * factor + 1 with zeros
/// between.
std::uint64_t upsampled_size(Upsample::Fill fill, std::uint32_t size, std::uint32_t factor);

}  // namespace sim::workload
