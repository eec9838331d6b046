#pragma once

#include <array>
#include <cstdint>
#include <functional>

namespace sim::dnnguard {

/// Beats of one stream and the cycles in which the first and the last were asked for or written.
struct BeatCounter {
  std::uint64_t beats = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  void add(std::uint64_t now) {
    if (beats++ == 0) first = now;
    last = now;
  }
  friend bool operator==(const BeatCounter&, const BeatCounter&) = default;
};

/// Told of each output in order: the cycle in which it is written.
using WriteTimes = std::function<void(std::uint64_t)>;

/// What a post-processing unit did in one layer, cycles counted from its enable to the interrupt:
/// cycles == busy + source_stalls + operand_stalls + output_stalls + idle.
struct UnitCounters {
  std::uint64_t cycles = 0;          // the interrupt comes at their end
  std::uint64_t busy = 0;            // an atom is taken in, or a border line is flushed
  std::uint64_t source_stalls = 0;   // its input is not there
  std::uint64_t operand_stalls = 0;  // its input is, an operand is not
  std::uint64_t output_stalls = 0;   // both are, but there is no room behind
  std::uint64_t idle = 0;            // before the first read and after the last atom
  std::array<BeatCounter, 4> reads;  // source, BS, BN, EW
  BeatCounter writes;

  friend bool operator==(const UnitCounters&, const UnitCounters&) = default;
};

}  // namespace sim::dnnguard
