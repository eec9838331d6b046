#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

using MaskParts = std::vector<std::shared_ptr<const workload::Mask>>;

/// The matrices of one model, encoded for one format, cut in the ways that configurations ask for.
/// Configurations that differ in the cut only, or in what does not touch the encoding, share it:
/// the latest cuts of each layer are kept, and the latest of all that were only tried.
class MatrixLibrary {
 public:
  struct Mapped {
    std::shared_ptr<const EncodedMatrix> matrix;
    std::vector<std::shared_ptr<const Occupancy>> occupancy;  // of each block, or none

    /// Held in memory.
    std::uint64_t bytes() const;
  };
  /// Told how many bytes are about to be taken, at most; may throw to spare that.
  using Ask = std::function<void(std::uint64_t bytes)>;

  /// `occupancies`: make what the skip engine needs, too.
  MatrixLibrary(const EncodingConfig& encoding, bool occupancies)
      : encoding_(encoding), occupancies_(occupancies) {}

  /// Of layer `layer`, whose weights `parts` are; a layer is always asked for with the same.
  const RowLoads& loads(std::uint32_t layer, const MaskParts& parts) const;
  /// In blocks of at most `most_slots` rows a set. Throws as encode() does.
  Mapped mapped(std::uint32_t layer, const MaskParts& parts, std::uint32_t most_slots,
                const Ask& ask) const;
  /// The same to compare cuts with each other, and only the middle block of each `stride`.
  Mapped tried(std::uint32_t layer, const MaskParts& parts, std::uint32_t most_slots,
               std::uint32_t stride, const Ask& ask) const;
  /// Held in memory for comparisons, beside cuts that were asked for.
  std::uint64_t tried_bytes() const { return tried_bytes_; }

 private:
  struct Kept {
    std::uint32_t layer;
    std::uint32_t most_slots;
    std::uint32_t stride;
    Mapped mapped;

    bool is(std::uint32_t l, std::uint32_t slots, std::uint32_t every) const {
      return layer == l && most_slots == slots && stride == every;
    }
  };
  using Latest = std::list<Kept>;  // the latest first

  static const Mapped* find(Latest& kept, std::uint32_t layer, std::uint32_t most_slots,
                            std::uint32_t stride);
  Mapped make(std::uint32_t layer, const MaskParts& parts, std::uint32_t most_slots,
              std::uint32_t stride, const Ask& ask) const;

  EncodingConfig encoding_;
  bool occupancies_;
  // Kept results only: what is asked for never depends on them.
  mutable std::map<std::uint32_t, RowLoads> loads_;
  mutable std::map<std::uint32_t, Latest> cuts_;  // of a layer
  mutable Latest tried_;
  mutable std::uint64_t tried_bytes_ = 0;  // with loads_
};

}  // namespace sim::optimus
