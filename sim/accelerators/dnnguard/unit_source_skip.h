#pragma once

#include <algorithm>

#include "sim/accelerators/dnnguard/unit_counters.h"
#include "sim/accelerators/dnnguard/unit_history.h"
#include "sim/accelerators/dnnguard/unit_source.h"

namespace sim::dnnguard {

/// The times of a UnitSource, atom after atom.
class UnitSourceSkip {
 public:
  UnitSourceSkip(const UnitSource& source, const UnitMemory& memory, BeatCounter& reads)
      : source_(source),
        memory_(memory),
        reads_(reads),
        queued_(source.flight),
        left_(UnitSource::kAtoms) {}

  /// The cycle in which the next atom is in the queue; all atoms kAtoms before it must have left.
  std::uint64_t next() {
    const std::uint64_t k = queued_.size();
    if (k > 0) read_ += memory_.read_interval;
    if (k >= source_.flight) read_ = std::max(read_, queued_[k - source_.flight]);
    reads_.add(read_);
    std::uint64_t time = read_ + memory_.latency + source_.beat_return;
    if (k > 0) time = std::max(time, queued_.back() + 1);
    if (k >= UnitSource::kAtoms) time = std::max(time, left_[k - UnitSource::kAtoms]);
    queued_.push(time);
    return time;
  }
  /// The next atom leaves the queue; its place can be used in this cycle.
  void leave(std::uint64_t now) { left_.push(now); }

 private:
  const UnitSource source_;
  const UnitMemory& memory_;
  BeatCounter& reads_;
  History queued_;
  History left_;
  std::uint64_t read_ = kFirstRead;
};

}  // namespace sim::dnnguard
