#include "sim/workload/map_shapes.h"

#include <algorithm>

namespace sim::workload {
namespace {

WindowSides sides_of(const Pair& kernel, const Pair& stride, const Pair& dilation,
                     const Padding& padding, bool ceil_mode, std::uint32_t rows,
                     std::uint32_t columns) {
  return {
      WindowSide{rows, padding.top, padding.bottom, kernel[0], stride[0], dilation[0], ceil_mode},
      WindowSide{columns, padding.left, padding.right, kernel[1], stride[1], dilation[1],
                 ceil_mode}};
}

/// Whether each window along this side has an element; at most some 2^15 windows are looked at.
bool every_window_has_element(const WindowSide& side) {
  for (std::uint32_t position = 0; position < window_positions(side); ++position) {
    const Taps taps = taps_inside(side, position);
    if (taps.first == taps.last) return false;
  }
  return true;
}

}  // namespace

WindowSides window_sides(const Conv2d& conv, std::uint32_t rows, std::uint32_t columns) {
  return sides_of(conv.kernel, conv.stride, conv.dilation, conv.padding, false, rows, columns);
}

WindowSides window_sides(const Windows& pool, std::uint32_t rows, std::uint32_t columns) {
  return sides_of(pool.kernel, pool.stride, pool.dilation, pool.padding, pool.ceil_mode, rows,
                  columns);
}

std::uint64_t window_extent(const WindowSide& side) {
  return std::uint64_t{side.dilation} * (side.kernel - 1) + 1;
}

std::uint32_t window_positions(const WindowSide& side) {
  const std::uint64_t behind = std::uint64_t{side.before} + side.size;
  std::uint64_t room = behind + side.after + (side.ceil_mode ? side.stride - 1 : 0);
  if (room < window_extent(side)) return 0;
  room -= window_extent(side);
  const std::uint64_t steps = room / side.stride;
  const bool last_is_behind = side.ceil_mode && steps * side.stride >= behind;
  return static_cast<std::uint32_t>(steps + (last_is_behind ? 0 : 1));
}

Taps taps_inside(const WindowSide& side, std::uint32_t position) {
  const std::int64_t begin = window_element(side, position, 0);
  const std::int64_t dilation = side.dilation;
  // The number of taps that lie before `end`.
  const auto taps_before = [&](std::int64_t end) {
    const std::int64_t room = std::max<std::int64_t>(end - begin, 0);
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>((room + dilation - 1) / dilation, side.kernel));
  };
  return {taps_before(0), taps_before(side.size)};
}

bool every_window_has_element(const WindowSides& sides) {
  return every_window_has_element(sides[0]) && every_window_has_element(sides[1]);
}

std::uint64_t upsampled_size(Upsample::Fill fill, std::uint32_t size, std::uint32_t factor) {
  return fill == Upsample::Fill::kZeros ? std::uint64_t{size - 1} * factor + 1
                                        : std::uint64_t{size} * factor;
}

}  // namespace sim::workload
