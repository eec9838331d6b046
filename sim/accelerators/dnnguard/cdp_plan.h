#pragma once

#include <cstdint>

#include "sim/accelerators/dnnguard/unit_source.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// A CDP layer as its engines see it.
///  - The cube goes line by line, in blocks of up to kColumns columns, each block surface by
///    surface. A chunk is one surface of a block, w atoms. It is taken in in `rounds` rounds: a
///    round is one part (what the unit takes in a cycle) of each of its atoms, one a cycle.
///  - A chunk starts when the chunk before is through; after a wider block, also when that has left
///    the window: window * (w of it - w) cycles later, window being the rounds that further
///    channels need. Its first round waits for atoms that are not in the queue, so that it ends no
///    sooner than the last one comes; the start counts as w - 1 before that. In the last round the
///    atoms leave the queue.
///  - Atom i of a chunk is written (rounds + window) * w + i + exit after the start, write_interval
///    after the atom before. A chunk starts with no more than kQueue atoms on their way, itself
///    included.
struct CdpPlan {
  static constexpr std::uint32_t kColumns = 8;
  // Not measured: the rows have up to 32 of them.
  static constexpr std::uint32_t kQueue = 64;

  UnitSource source;
  std::uint64_t lines = 1;
  std::uint64_t surfaces = 1;
  std::uint32_t width = 1;
  std::uint32_t rounds = 8;
  std::uint32_t window = 4;
  std::int32_t exit = 0;
  // The interrupt comes later if the last writes come in a row.
  std::uint32_t interrupt = 0;

  std::uint32_t block_width(std::uint32_t column) const {
    return width - column < kColumns ? width - column : kColumns;
  }
};

CdpPlan plan_cdp(const workload::nvdla::Cdp& cdp, const ArrayGeometry& geometry,
                 const UnitRates& rates);

}  // namespace sim::dnnguard
