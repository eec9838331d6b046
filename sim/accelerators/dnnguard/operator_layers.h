#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/accelerators/dnnguard/cube_map.h"

namespace sim::dnnguard {

/// What SDP does to a convolution's results before they are written.
struct Fused {
  std::optional<PlacedCube> addend{};  // of a residual add
  bool relu = false;                   // of its sum
  bool look_up = false;
};

/// A linear operator as a convolution: its kernel is the whole cube, or 1 x 1 where tokens lie side
/// by side. Nothing where no kernel is that large.
std::optional<workload::nvdla::Convolution> linear_shape(const workload::Operator& op,
                                                         const PlacedCube& in);

/// Hardware layers of single operators. Those of a convolution state all of it and no banks.
/// Constants get regions of their own; nothing where the array has no unit or no size for it.
class OperatorLayers {
 public:
  using Layer = workload::nvdla::Layer;
  using Layers = std::vector<Layer>;

  OperatorLayers(const ArrayGeometry& array, CubeMap& cubes) : array_(array), cubes_(cubes) {}

  /// One for each part of a grouped convolution that is computed as a dense one: whole groups, so
  /// many that their channels fill whole atoms on both sides; weights between groups are zeros.
  Layers convolution(const workload::Operator& op, const PlacedCube& in, const PlacedCube& out,
                     const Fused& fused);
  /// A linear operator with the shape that it has as a convolution. Logits leave SDP with 16 bits.
  Layer linear(const workload::Operator& op, const workload::nvdla::Convolution& shape,
               const PlacedCube& out, const Fused& fused);
  std::optional<Layer> pool(const workload::Operator& op, const PlacedCube& in,
                            const PlacedCube& out);
  std::optional<Layer> response_norm(const workload::Operator& op, const PlacedCube& in,
                                     const PlacedCube& out);
  /// Of two cubes of one shape, or of a cube and a value a channel.
  std::optional<Layer> add(const workload::Operator& op, const PlacedCube& x, const PlacedCube& y,
                           const PlacedCube& out);
  std::optional<Layer> multiply(const PlacedCube& x, const PlacedCube& y, const PlacedCube& out);
  std::optional<Layer> look_up(const PlacedCube& in, const PlacedCube& out);
  Layer copy(const PlacedCube& in, const PlacedCube& out);

 private:
  workload::nvdla::Sdp after_convolution(const workload::Weights& weights, const PlacedCube& out,
                                         const Fused& fused);
  workload::nvdla::Sdp from_memory(const PlacedCube& in, const PlacedCube& out) const;

  const ArrayGeometry& array_;
  CubeMap& cubes_;
};

}  // namespace sim::dnnguard
