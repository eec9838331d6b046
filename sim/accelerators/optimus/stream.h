#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

/// What the stream of a block through the array depends on, besides the block.
struct StreamConfig {
  InputWindow window;
  bool load_compute_matching = true;  // false: the whole input was loaded before the stream
  Accumulators accumulators = Accumulators::kPrivate;
  std::uint32_t dram_bytes_per_cycle = 0;  // 0: weights are resident

  static StreamConfig of(const Config& config);
};

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
