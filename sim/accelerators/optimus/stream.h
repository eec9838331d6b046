#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

/// What the stream of a block through the array depends on, besides the block.
struct StreamConfig {
  InputWindow window;
  bool load_compute_matching = true;  // false: the whole input was loaded before the stream
  Accumulators accumulators = Accumulators::kPrivate;

  static StreamConfig of(const Config& config);
};

/// Weights that come while a block streams: how many of its columns, from the first on, are here in
/// a cycle of the stream, whose first is 0. Asked with cycles that never fall. None: all are here.
using ColumnsHere = std::function<std::uint32_t(std::uint64_t cycle)>;
/// The same known ahead: for each column the cycle of the stream from which on it is here. Never
/// falls from column to column. Empty: all are here.
using ColumnArrivals = std::vector<std::uint64_t>;
/// `arrivals` outlive what is returned.
ColumnsHere columns_here(const ColumnArrivals& arrivals);

/// How the MACs spent a stream, in MAC-cycles: useful + fillers + all stalls + imbalance =
/// MACs * cycles.
struct StreamCounts {
  std::uint64_t cycles = 0;
  std::uint64_t useful = 0;           // a kept weight times one token
  std::uint64_t fillers = 0;          // (d) a filler entry
  std::uint64_t load_stalls = 0;      // (a) the next entry's column is not in the window yet
  std::uint64_t weight_stalls = 0;    // the next entry's weights are not here from DRAM yet
  std::uint64_t conflict_stalls = 0;  // (b) a lower way writes the same shared accumulator
  std::uint64_t imbalance = 0;        // (c) the own list is empty

  StreamCounts& operator+=(const StreamCounts& other);
  bool operator==(const StreamCounts&) const = default;
  std::uint64_t mac_cycles() const {
    return useful + fillers + load_stalls + weight_stalls + conflict_stalls + imbalance;
  }
};

}  // namespace sim::optimus
