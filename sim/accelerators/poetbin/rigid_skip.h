#pragma once

#include <cstdint>
#include <deque>

#include "sim/accelerators/poetbin/run_engine.h"

namespace sim::poetbin {

/// The spatial variant and the columns, straight from sample to sample.
///
/// Both have one enable for all registers, en = !out_valid || out_ready. Count the edges with en:
/// a sample whose last word is taken with edge A leaves with edge A + depth, whatever the sink
/// does, and can be followed by the next one's first word with edge A + interval. Only the sink's
/// pattern is left to look up: an edge at which a sample leaves comes in the first ready cycle,
/// every other one a cycle after the edge before. So edge e is in cycle e + (cycles lost so far).
class RigidSkip final : public RunSkip {
 public:
  RigidSkip(const SpatialTiming& core, const StreamTiming& stream, Observer* observer,
            std::uint64_t max_cycles);
  RigidSkip(const ColumnsTiming& core, const StreamTiming& stream, Observer* observer,
            std::uint64_t max_cycles);

  RunRecord record() const override;

 private:
  struct Inside {
    std::uint64_t first_word = 0;
    std::uint64_t accepted = 0;
    std::uint64_t leaves = 0;  // edge
  };

  RigidSkip(const CoreTiming& core, const StreamTiming& stream, Observer* observer,
            std::uint64_t max_cycles, std::uint64_t depth, std::uint64_t interval);
  /// To the end of a sample, or of many when nobody observes.
  void pass() override;
  void accept();
  /// The first edge, as far as is known, at which the sample on offer can be taken.
  std::uint64_t first_edge() const;
  void deliver();
  /// Lets samples leave up to edge `edge`; then edge `edge` is in cycle edge + lost_.
  void deliver_until(std::uint64_t edge);
  std::vector<StageRow> stages(std::uint64_t cycles) const;

  const CoreTiming core_;
  const std::uint64_t depth_;
  const std::uint64_t interval_;

  std::uint64_t accepted_ = 0;   // samples
  std::uint64_t offer_ = 0;      // cycle in which the source offers the next
  std::uint64_t next_edge_ = 0;  // at which the next can be taken at the earliest
  std::uint64_t lost_ = 0;       // cycles without an enabled edge
  std::uint64_t source_waits_ = 0;
  std::uint64_t occupied_ = 0;  // edges at which some register is valid
  std::uint64_t left_ = 0;      // edge at which the last sample left
  std::deque<Inside> inside_;
};

}  // namespace sim::poetbin
