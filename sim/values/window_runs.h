#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sim/workload/map_shapes.h"

/// How kernels walk over windows without looking at each element: for one tap of the kernel, the
/// windows whose tap lies on the map are neighbours.
namespace sim::values {

/// [channels, rows, columns].
struct MapSize {
  std::uint32_t channels = 0;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;

  std::size_t pixels() const { return std::size_t{rows} * columns; }
};

/// The map that windows over one of `rows` x `columns` make.
inline MapSize windowed_size(const workload::WindowSides& sides, std::uint32_t channels) {
  return {channels, workload::window_positions(sides[0]), workload::window_positions(sides[1])};
}

/// Windows [first, last) along a side.
struct Positions {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// Those of `count` windows whose tap `tap` reads an element of the map.
inline Positions positions_inside(const workload::WindowSide& side, std::uint32_t tap,
                                  std::uint32_t count) {
  const std::int64_t first = workload::window_element(side, 0, tap);
  const auto windows_before = [&](std::int64_t end) {
    const std::int64_t room = std::max<std::int64_t>(end - first, 0);
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>((room + side.stride - 1) / side.stride, count));
  };
  return {windows_before(0), windows_before(side.size)};
}

/// use(r, s, first, count, x) for each tap (r, s) of row `i` of windows: windows first to
/// first + count - 1 read x[0], x[stride], ... of `map`, a channel.
template <class Use>
void each_run(const workload::WindowSides& sides, std::uint32_t i, std::uint32_t count,
              const std::int8_t* map, const Use& use) {
  const workload::Taps rows = workload::taps_inside(sides[0], i);
  for (std::uint32_t r = rows.first; r < rows.last; ++r) {
    const std::int8_t* row =
        map + workload::window_element(sides[0], i, r) * std::int64_t{sides[1].size};
    for (std::uint32_t s = 0; s < sides[1].kernel; ++s) {
      const Positions run = positions_inside(sides[1], s, count);
      if (run.first >= run.last) continue;
      use(r, s, run.first, run.last - run.first,
          row + workload::window_element(sides[1], run.first, s));
    }
  }
}

}  // namespace sim::values
