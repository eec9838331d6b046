#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/progress.h"
#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/base/memory.h"

namespace sim::optimus {

/// Most columns in all chains of a block: 16 MiB. Blocks with more have none.
constexpr std::size_t kMaxChainColumns = std::size_t{1} << 23;

/// Where the slowest ways stand: chain(i)[c] is the first column that is not finished when every
/// way has executed its first c entries from column i on; W when none is left. Ends with the first
/// W.
class Chains {
 public:
  std::span<const std::uint16_t> from(std::uint32_t column) const {
    return {columns_.data() + begin_[column], begin_[column + 1] - begin_[column]};
  }

  /// chain(column)[0]: the first column with entries from here on, or W. Column W is allowed. Kept
  /// in one place of its own, because the next step waits for it.
  std::uint16_t first(std::uint32_t column) const { return first_[column]; }

  /// Held in memory.
  std::uint64_t bytes() const { return base::capacity_bytes(first_, begin_, columns_); }

 private:
  friend class ChainBuilder;
  std::vector<std::uint16_t> first_;
  std::vector<std::uint32_t> begin_;
  std::vector<std::uint16_t> columns_;
};

/// What skipping ahead needs to know of a block, whatever the window, load width and tokens: made
/// once, used by every stream of the block.
///
/// With the run-time choice of ways, entry i of a queue counts as way i mod m: the queue's entries
/// run in order, at most m a beat, so entry i runs at the earliest one beat after entry i - m,
/// exactly as in lists dealt in turn.
struct Occupancy {
  /// What is used once has no chains, which take longer than one stream without them.
  enum class Use { kOften, kOnce };

  explicit Occupancy(const EncodedBlock& block, Use use = Use::kOften);

  std::vector<std::uint32_t> entries_of_way;  // list lengths
  std::vector<std::uint32_t> begin;  // visits of column j: visits[begin[j] … begin[j + 1])
  std::vector<Visit> visits;         // by column, then way

  // Absent when used once, when they would be too large (few MACs with long lists) or progress
  // exceeds 8 bits.
  std::optional<Chains> chains;
  std::optional<Progress> progress;

  std::span<const Visit> column(std::uint32_t j) const {
    return {visits.data() + begin[j], begin[j + 1] - begin[j]};
  }

  /// Held in memory.
  std::uint64_t bytes() const;
};

}  // namespace sim::optimus
