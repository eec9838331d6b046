#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/accelerators/dnnguard/array_geometry.h"
#include "sim/workload/network.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// Where an operator's output lies.
struct PlacedCube {
  workload::nvdla::Cube cube{};  // channels that fill up an atom within it are channels of it
  workload::nvdla::CubePlace place{};
  bool image = false;  // pixels one after the other in a line, of 1 or 4 bytes, no surfaces
};

/// The memory of a network on the array: a region for each cube, one after the other. What a
/// concatenation joins is written side by side at once, each part from a whole atom on; channels
/// between parts are zeros with zero weights.
class CubeMap {
 public:
  CubeMap(const workload::Network& network, const ArrayGeometry& array);

  /// Of an operator that makes its output anew: in the first concatenation that reads it, if it can
  /// stand there, else in a region of its own.
  PlacedCube make(std::uint32_t op);
  /// The same with more channels than the operator has features, in a region of its own.
  PlacedCube make(std::uint32_t op, std::uint32_t channels);
  /// Of a network's input of 1, 3 or 4 channels, as an image: pixels of 3 channels have a fourth.
  PlacedCube make_image(std::uint32_t op);
  /// Its output is that of `source`, or lies within.
  void alias(std::uint32_t op, const PlacedCube& source) { cubes_[op] = source; }
  const PlacedCube& of(std::uint32_t op) const { return *cubes_[op]; }
  const std::vector<std::optional<PlacedCube>>& all() const { return cubes_; }
  /// The part of a concatenation that its `i`-th input takes.
  PlacedCube part(std::uint32_t concat, std::size_t i);
  /// A region of so many bytes: weights, operands.
  std::uint64_t region(std::uint64_t bytes);

  std::uint64_t bytes() const { return next_; }
  const std::vector<std::uint32_t>& readers(std::uint32_t op) const { return readers_[op]; }

 private:
  bool is_concat(std::uint32_t op) const;
  /// With what fills up atoms between the parts of concatenations.
  std::uint32_t channels(std::uint32_t op) const;
  workload::nvdla::Cube cube(std::uint32_t op) const;
  PlacedCube own(const workload::nvdla::Cube& cube);
  /// The concatenation that it is written into, and which input of that it is.
  std::optional<std::pair<std::uint32_t, std::size_t>> host(std::uint32_t op) const;

  const workload::Network& network_;
  const ArrayGeometry& array_;
  std::vector<std::vector<std::uint32_t>> readers_;
  std::vector<std::optional<PlacedCube>> cubes_;
  std::uint64_t next_ = 0;
};

/// Width, height and channels of an operator's output; tokens lie side by side in one line.
workload::nvdla::Cube cube_of(const workload::OutputShape& shape);

}  // namespace sim::dnnguard
