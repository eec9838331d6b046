#include "sim/accelerators/dnnguard/cube_map.h"

#include <utility>

#include "sim/accelerators/dnnguard/buffer_entries.h"
#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::dnnguard {

namespace nvdla = workload::nvdla;

namespace {

/// Of base addresses: beats of every configuration divide it.
constexpr std::uint64_t kAlignmentBytes = 256;

std::uint32_t rounded_up(std::uint32_t channels, std::uint32_t atom) {
  return static_cast<std::uint32_t>(base::ceil_div(channels, atom)) * atom;
}

}  // namespace

nvdla::Cube cube_of(const workload::OutputShape& shape) {
  if (shape.is_map()) return {shape.width, shape.height, shape.features};
  return {shape.tokens, 1, shape.features};
}

CubeMap::CubeMap(const workload::Network& network, const ArrayGeometry& array)
    : network_(network),
      array_(array),
      readers_(network.operators.size()),
      cubes_(network.operators.size()) {
  for (std::uint32_t op = 0; op < network.operators.size(); ++op) {
    for (const std::uint32_t input : network.operators[op].inputs) {
      if (input < readers_.size()) readers_[input].push_back(op);
    }
  }
}

bool CubeMap::is_concat(std::uint32_t op) const {
  const workload::Operator& o = network_.operators[op];
  return o.kind() == workload::OperatorKind::kConcat &&
         o.as<workload::Concat>().axis == workload::Axis::kFeatures;
}

std::uint32_t CubeMap::channels(std::uint32_t op) const {
  if (!is_concat(op)) return network_.operators[op].features();
  std::uint32_t sum = 0;
  for (const std::uint32_t input : network_.operators[op].inputs) {
    sum = rounded_up(sum, atom_channels(array_, nvdla::Precision::kInt8)) + channels(input);
  }
  return sum;
}

nvdla::Cube CubeMap::cube(std::uint32_t op) const {
  nvdla::Cube cube = cube_of(network_.operators[op].shape);
  cube.channels = channels(op);
  return cube;
}

std::uint64_t CubeMap::region(std::uint64_t bytes) {
  const std::uint64_t base = next_;
  next_ += base::ceil_div(bytes, kAlignmentBytes) * kAlignmentBytes;
  return base;
}

PlacedCube CubeMap::own(const nvdla::Cube& cube) {
  const std::uint32_t line = cube.width * array_.atom_bytes;
  const std::uint32_t surface = line * cube.height;
  const std::uint64_t surfaces =
      base::ceil_div(cube.channels, atom_channels(array_, nvdla::Precision::kInt8));
  return {cube, {region(surfaces * surface), line, surface}};
}

std::optional<std::pair<std::uint32_t, std::size_t>> CubeMap::host(std::uint32_t op) const {
  for (const std::uint32_t reader : readers_[op]) {
    if (!is_concat(reader)) continue;
    const auto& inputs = network_.operators[reader].inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == op) return std::pair{reader, i};
    }
  }
  return std::nullopt;
}

PlacedCube CubeMap::part(std::uint32_t concat, std::size_t i) {
  PlacedCube whole = make(concat);
  const auto& inputs = network_.operators[concat].inputs;
  const std::uint32_t atom = atom_channels(array_, nvdla::Precision::kInt8);
  std::uint32_t surfaces = 0;
  for (std::size_t before = 0; before < i; ++before) {
    surfaces += rounded_up(channels(inputs[before]), atom) / atom;
  }
  whole.cube.channels = channels(inputs[i]);
  whole.place.base += std::uint64_t{surfaces} * whole.place.surface_stride;
  return whole;
}

PlacedCube CubeMap::make(std::uint32_t op) {
  if (!cubes_[op]) {
    const auto in = host(op);
    cubes_[op] = in ? part(in->first, in->second) : own(cube(op));
  }
  return *cubes_[op];
}

PlacedCube CubeMap::make_image(std::uint32_t op) {
  nvdla::Cube pixels = cube(op);
  pixels.channels = pixels.channels == 1 ? 1 : 4;
  const std::uint32_t line = rounded_up(pixels.width * pixels.channels, array_.atom_bytes);
  const std::uint64_t base = region(std::uint64_t{line} * pixels.height);
  cubes_[op] = PlacedCube{pixels, {base, line, 0}, true};
  return *cubes_[op];
}

PlacedCube CubeMap::make(std::uint32_t op, std::uint32_t channels) {
  SIM_CHECK(!cubes_[op], "operator {} has a place", op);
  nvdla::Cube wide = cube(op);
  wide.channels = channels;
  cubes_[op] = own(wide);
  return *cubes_[op];
}

}  // namespace sim::dnnguard
