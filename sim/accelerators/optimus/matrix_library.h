#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

using MaskParts = std::vector<std::shared_ptr<const workload::Mask>>;

/// The matrices of one model, encoded for one format, cut in the ways that configurations ask for.
/// Configurations that differ in the cut only, or in what does not touch the encoding, share it;
/// the cuts that were made last are kept, and all samples of blocks.
class MatrixLibrary {
 public:
  struct Mapped {
    std::shared_ptr<const EncodedMatrix> matrix;
    std::vector<std::shared_ptr<const Occupancy>> occupancy;  // of each block, or none
  };

  /// `occupancies`: make what the skip engine needs, too.
  MatrixLibrary(const EncodingConfig& encoding, bool occupancies)
      : encoding_(encoding), occupancies_(occupancies) {}

  /// Of layer `layer`, whose weights `parts` are; a layer is always asked for with the same.
  const RowLoads& loads(std::uint32_t layer, const MaskParts& parts) const;
  /// In blocks of at most `most_slots` rows a set, of which only the middle one of each `stride`
  /// is made. Throws as encode() does.
  Mapped mapped(std::uint32_t layer, const MaskParts& parts, std::uint32_t most_slots,
                std::uint32_t stride = 1) const;

 private:
  struct Kept {
    std::uint32_t most_slots;
    Mapped mapped;
  };

  Mapped make(const MaskParts& parts, std::uint32_t most_slots, std::uint32_t stride) const;

  EncodingConfig encoding_;
  bool occupancies_;
  // Kept results only: what is asked for never depends on them.
  mutable std::map<std::uint32_t, RowLoads> loads_;
  mutable std::map<std::uint32_t, std::vector<Kept>> cuts_;  // of a layer, the latest first
  // By layer, most_slots and stride.
  mutable std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, Mapped> samples_;
};

}  // namespace sim::optimus
