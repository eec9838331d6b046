#pragma once

#include <cstdint>
#include <optional>

#include "sim/workload/network_operators.h"

namespace sim::workload {

/// Where windows lie along one side of a map: window number o covers the elements first(o) +
/// k * dilation, k < kernel, of which those in the map exist.
struct WindowSide {
  std::uint32_t length = 1;  // of the map's side
  std::uint32_t kernel = 1;
  std::uint32_t stride = 1;
  std::uint32_t dilation = 1;
  std::uint32_t before = 0;  // padding
  std::uint32_t after = 0;
  bool ceil_mode = false;

  /// Elements from the first to the last of a window.
  std::uint32_t extent() const { return dilation * (kernel - 1) + 1; }
  /// How many windows there are; 0: none fits.
  std::uint32_t outputs() const;
  std::int64_t first(std::uint32_t output) const { return std::int64_t{output} * stride - before; }
  bool exists(std::int64_t element) const { return element >= 0 && element < length; }
  /// Elements of the window that exist; places of it in the map or its padding.
  std::uint32_t elements(std::uint32_t output) const;
  std::uint32_t places(std::uint32_t output) const;
  /// The first window without an element.
  std::optional<std::uint32_t> empty_window() const;
};

struct WindowSides {
  WindowSide y;
  WindowSide x;
};

/// On a map of so many rows and columns.
WindowSides sides_of(const Windows& windows, std::uint32_t height, std::uint32_t width);
WindowSides sides_of(const Conv2d& conv, std::uint32_t height, std::uint32_t width);

}  // namespace sim::workload
