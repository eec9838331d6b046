#include "sim/values/nvdla/surfaces.h"

#include <algorithm>

namespace sim::values::nvdla {

using workload::nvdla::Cube;
using workload::nvdla::CubePlace;
using workload::nvdla::Precision;

namespace {

std::uint64_t line_address(const CubePlace& place, std::uint32_t surface, std::uint32_t y) {
  return place.base + std::uint64_t{surface} * place.surface_stride +
         std::uint64_t{y} * place.line_stride;
}

}  // namespace

void unpack(const std::vector<std::uint8_t>& bytes, std::uint32_t bytes_each,
            std::int32_t* values) {
  if (bytes_each == 1) {
    for (std::size_t i = 0; i < bytes.size(); ++i) values[i] = static_cast<std::int8_t>(bytes[i]);
    return;
  }
  for (std::size_t i = 0; i < bytes.size() / 2; ++i) {
    values[i] = static_cast<std::int16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
  }
}

Surfaces read_surfaces(Memory& memory, const Cube& cube, const CubePlace& place,
                       Precision precision, std::uint32_t lanes) {
  Surfaces to(cube, lanes);
  const std::uint32_t each = bytes_of(precision);
  std::vector<std::uint8_t> line(std::size_t{cube.width} * lanes * each);
  for (std::uint32_t s = 0; s < to.surfaces(); ++s) {
    for (std::uint32_t y = 0; y < cube.height; ++y) {
      memory.read(line_address(place, s, y), line);
      unpack(line, each, &to.values[to.atom(s, y, 0)]);
    }
  }
  return to;
}

void write_surfaces(Memory& memory, const Surfaces& from, const CubePlace& place,
                    Precision precision) {
  const std::uint32_t each = bytes_of(precision);
  std::vector<std::uint8_t> line(std::size_t{from.cube.width} * from.lanes * each);
  for (std::uint32_t s = 0; s < from.surfaces(); ++s) {
    for (std::uint32_t y = 0; y < from.cube.height; ++y) {
      const std::int32_t* values = &from.values[from.atom(s, y, 0)];
      for (std::size_t i = 0; i < line.size(); ++i) {
        line[i] = static_cast<std::uint8_t>(values[i / each] >> (i % each * 8));
      }
      memory.write(line_address(place, s, y), line);
    }
  }
}

Surfaces in_atoms_of(const Surfaces& from, std::uint32_t lanes) {
  if (from.lanes == lanes) return from;
  Surfaces to(from.cube, lanes);
  for (std::uint32_t c = 0; c < from.cube.channels; ++c) {
    const std::int32_t* in = &from.values[from.atom(c / from.lanes, 0, 0)] + c % from.lanes;
    std::int32_t* out = &to.values[to.atom(c / lanes, 0, 0)] + c % lanes;
    for (std::size_t p = 0; p < from.pixels(); ++p) out[p * lanes] = in[p * from.lanes];
  }
  return to;
}

}  // namespace sim::values::nvdla
