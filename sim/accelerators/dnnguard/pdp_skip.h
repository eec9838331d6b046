#pragma once

#include <utility>

#include "sim/accelerators/dnnguard/pdp_plan.h"
#include "sim/accelerators/dnnguard/unit_counters.h"
#include "sim/accelerators/dnnguard/unit_history.h"

namespace sim::dnnguard {

/// A stand-alone PDP layer by the recurrence that the rules of PdpPlan are, atom by atom.
UnitCounters pdp_skip(const PdpPlan& plan, const UnitMemory& memory,
                      const WriteTimes& written = {});

/// The core of PDP. It gets each atom of the cube in order.
class PoolSkip {
 public:
  /// Stalls count from cycle `start`.
  PoolSkip(const PdpPlan& plan, const UnitMemory& memory, std::uint64_t start, WriteTimes written)
      : plan_(plan),
        write_interval_(memory.write_interval),
        written_(std::move(written)),
        writes_(plan.queue),
        taken_until_(start) {}

  /// An atom is there from this cycle on. Gives the cycle in which it is taken in.
  std::uint64_t take(std::uint64_t there);
  bool done() const { return split_ == plan_.splits.size(); }
  /// When all atoms are taken in.
  UnitCounters finish() const;

 private:
  const PoolAxis& columns() const { return plan_.splits[split_]; }
  bool line_makes_outputs() const { return plan_.lines.ends[line_] > 0; }
  std::uint64_t window_free() const;
  void end_window(std::uint64_t now);
  void end_column(std::uint64_t now);
  void end_surface(std::uint64_t now);
  void leave(std::uint64_t now);
  std::uint64_t room() const;

  const PdpPlan plan_;
  const std::uint32_t write_interval_;
  const WriteTimes written_;
  History writes_;
  std::uint64_t taken_until_;      // a next atom may be taken in from this cycle on
  std::uint64_t window_free_ = 0;  // the next x window may leave
  std::uint64_t output_free_ = 0;  // the next output may
  std::size_t split_ = 0;
  std::uint64_t surface_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t column_ = 0;
  UnitCounters counts_;
};

/// Pooling on the fly, behind a convolution or SDP: gets the cycle in which SDP would write each
/// atom of its output, if that went to memory, in the order of the cube.
class PoolOnTheFly {
 public:
  PoolOnTheFly(const PdpPlan& plan, const UnitMemory& memory, std::uint64_t start = 0,
               WriteTimes written = {})
      : after_sdp_(plan.after_sdp), pool_(plan, memory, start, std::move(written)) {}

  /// Gives the cycle, on the same scale, in which PDP takes the atom: later than `sdp_write` if PDP
  /// is slower. Then a convolution that delivers faster waits as soon as SDP is full.
  std::uint64_t take(std::uint64_t sdp_write);
  bool done() const { return pool_.done(); }
  UnitCounters finish() const { return pool_.finish(); }

 private:
  const std::int64_t after_sdp_;
  PoolSkip pool_;
};

}  // namespace sim::dnnguard
