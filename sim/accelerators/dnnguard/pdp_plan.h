#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/dnnguard/unit_source.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// Windows along one axis, by the last column (or line) that each needs.
struct PoolAxis {
  std::vector<std::uint32_t> ends;  // windows that end with each column of the input
  std::uint32_t flushed = 0;        // that end in the padding behind the last one

  std::uint32_t size() const { return static_cast<std::uint32_t>(ends.size()); }
};

/// `windows` of `kernel` columns, `stride` apart, the first `before` columns ahead of the input. A
/// window that ends in the padding is done with the last column if no other is.
PoolAxis pool_axis(std::uint32_t columns, std::uint32_t windows, std::uint32_t kernel,
                   std::uint32_t stride, std::int64_t before);

/// A PDP layer as its engines see it.
///  - The cube comes split by split (columns), then surface by surface, line by line. A split but
///    the first begins max(0, kernel - stride) columns before its own.
///  - An atom is taken in `cycles` after the one before, when it is in the queue; the first one
///    `first_window` later.
///  - Windows along x: one in `cycles` cycles leaves. An atom that ends one must not be taken in
///    before the one before has left; those flushed at the end of a line follow one another, while
///    atoms of the next line that end none are taken in.
///  - Windows along y likewise: a line that ends one makes each of its x windows an output. Those
///    flushed at the end of a surface, out_width outputs each, follow the last line's, while atoms
///    of the next surface that end no output are taken in.
///  - An output is written `exit` after it left, write_interval after the one before. No more than
///    `queue` are on their way there.
struct PdpPlan {
  UnitSource source;
  std::vector<PoolAxis> splits;
  PoolAxis lines;
  std::uint64_t surfaces = 1;
  std::uint32_t cycles = 8;
  std::uint32_t first_window = 0;
  std::uint32_t exit = 0;
  std::uint32_t queue = 0;
  std::int64_t after_sdp = 0;  // on the fly: an atom is there so long after SDP would write it
};

PdpPlan plan_pdp(const workload::nvdla::Pdp& pdp, const ArrayGeometry& geometry,
                 const UnitRates& rates);

}  // namespace sim::dnnguard
