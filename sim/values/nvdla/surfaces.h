#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/math.h"
#include "sim/values/nvdla/memory.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::values::nvdla {

/// A feature cube as it lies in memory: surfaces of whole atoms, `lanes` channels each. Lanes
/// beyond the cube's channels are there and are computed with.
struct Surfaces {
  workload::nvdla::Cube cube;
  std::uint32_t lanes = 8;
  std::vector<std::int32_t> values;  // [surface, y, x, lane]

  Surfaces(const workload::nvdla::Cube& of, std::uint32_t lanes_of_atom)
      : cube(of), lanes(lanes_of_atom), values(std::size_t{surfaces()} * lanes * pixels()) {}

  std::uint32_t surfaces() const {
    return static_cast<std::uint32_t>(base::ceil_div(cube.channels, lanes));
  }
  std::size_t pixels() const { return std::size_t{cube.width} * cube.height; }
  std::size_t atom(std::uint32_t surface, std::uint32_t y, std::uint32_t x) const {
    return ((std::size_t{surface} * cube.height + y) * cube.width + x) * lanes;
  }
};

/// Little-endian numbers with a sign.
void unpack(const std::vector<std::uint8_t>& bytes, std::uint32_t bytes_each, std::int32_t* values);

Surfaces read_surfaces(Memory& memory, const workload::nvdla::Cube& cube,
                       const workload::nvdla::CubePlace& place,
                       workload::nvdla::Precision precision, std::uint32_t lanes);
void write_surfaces(Memory& memory, const Surfaces& from, const workload::nvdla::CubePlace& place,
                    workload::nvdla::Precision precision);

/// The same channels in atoms of other size.
Surfaces in_atoms_of(const Surfaces& from, std::uint32_t lanes);

}  // namespace sim::values::nvdla
