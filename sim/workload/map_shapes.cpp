#include "sim/workload/map_shapes.h"

#include <algorithm>

namespace sim::workload {
namespace {

WindowSides sides(const Pair& kernel, const Pair& stride, const Pair& dilation,
                  const Padding& padding, std::uint32_t height, std::uint32_t width,
                  bool ceil_mode) {
  return {.y = {.length = height,
                .kernel = kernel[0],
                .stride = stride[0],
                .dilation = dilation[0],
                .before = padding.top,
                .after = padding.bottom,
                .ceil_mode = ceil_mode},
          .x = {.length = width,
                .kernel = kernel[1],
                .stride = stride[1],
                .dilation = dilation[1],
                .before = padding.left,
                .after = padding.right,
                .ceil_mode = ceil_mode}};
}

/// Of the places first, first + dilation, … of a window, those from `low` to before `high`.
std::uint32_t between(std::int64_t first, const WindowSide& side, std::int64_t low,
                      std::int64_t high) {
  std::uint32_t count = 0;
  for (std::uint32_t k = 0; k < side.kernel; ++k) {
    const std::int64_t place = first + std::int64_t{k} * side.dilation;
    count += place >= low && place < high ? 1 : 0;
  }
  return count;
}

}  // namespace

std::uint32_t WindowSide::outputs() const {
  const std::uint32_t padded = length + before + after;
  if (padded < extent()) return 0;
  const std::uint32_t free = padded - extent();
  const bool rest = ceil_mode && free % stride != 0;
  const std::uint32_t count = free / stride + 1 + (rest ? 1 : 0);
  // The last window begins in the map or in the padding before it.
  return rest && (count - 1) * stride >= length + before ? count - 1 : count;
}

std::uint32_t WindowSide::elements(std::uint32_t output) const {
  return between(first(output), *this, 0, length);
}

std::uint32_t WindowSide::places(std::uint32_t output) const {
  return between(first(output), *this, -std::int64_t{before}, std::int64_t{length} + after);
}

std::optional<std::uint32_t> WindowSide::empty_window() const {
  const std::uint32_t count = outputs();
  for (std::uint32_t o = 0; o < count; ++o) {
    if (elements(o) == 0) return o;
  }
  return std::nullopt;
}

WindowSides sides_of(const Windows& w, std::uint32_t height, std::uint32_t width) {
  return sides(w.kernel, w.stride, w.dilation, w.padding, height, width, w.ceil_mode);
}

WindowSides sides_of(const Conv2d& c, std::uint32_t height, std::uint32_t width) {
  return sides(c.kernel, c.stride, c.dilation, c.padding, height, width, false);
}

}  // namespace sim::workload
