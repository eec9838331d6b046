#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/config.h"

namespace sim::optimus {

constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

/// Which set of MACs a matrix row belongs to, and its local number there. No two rows share a set
/// and a slot; every slot is below `slots` = ceil(rows / sets), the R of the literature.
struct RowPlacement {
  std::uint32_t slots = 0;
  std::vector<std::uint32_t> set;   // of each row, below `sets`
  std::vector<std::uint32_t> slot;  // of each row, below `slots`
};

/// Deals rows to sets of `ways` MACs.
/// - kNatural: row r to set r mod S, slot r div S. With one way this is EIE's CSC (Han et al., ISCA
///   2016).
/// - kSnake: rows by length, longest first (equal ones in natural order), dealt forth and back.
/// - kAsPublishedCode: the six steps of a public study of SA-RCSC with their defects: the fold
/// keeps
///   one row too few in its first half, and chunk reversal undoes the fold when there are twice as
///   many rows as MACs.
/// - kGreedyLpt: the longest row first to the set with the smallest sum that has a slot left.
RowPlacement place_rows(std::span<const std::uint32_t> row_lengths, std::uint32_t sets,
                        std::uint32_t ways, RowOrder order);

}  // namespace sim::optimus
