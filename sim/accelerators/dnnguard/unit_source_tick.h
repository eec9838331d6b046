#pragma once

#include <deque>

#include "sim/accelerators/dnnguard/unit_counters.h"
#include "sim/accelerators/dnnguard/unit_source.h"

namespace sim::dnnguard {

/// UnitSource, one clock at a time.
class UnitSourceTick {
 public:
  UnitSourceTick(const UnitSource& source, const UnitMemory& memory, std::uint64_t atoms)
      : source_(source), memory_(memory), unread_(atoms) {}

  /// Before the unit's own clock: what comes back in this cycle, if anything.
  bool receive(std::uint64_t now) {
    if (flight_.empty() || flight_.front() > now || queued_ == UnitSource::kAtoms) return false;
    flight_.pop_front();
    ++queued_;
    ++received_;
    return true;
  }
  /// After it: what is asked for.
  void ask(std::uint64_t now) {
    if (now < next_read_ || unread_ == 0 || flight_.size() == source_.flight) return;
    --unread_;
    flight_.push_back(now + memory_.latency + source_.beat_return);
    reads_.add(now);
    next_read_ = now + memory_.read_interval;
  }
  void leave() { --queued_; }

  std::uint64_t received() const { return received_; }
  const BeatCounter& reads() const { return reads_; }

 private:
  const UnitSource source_;
  const UnitMemory memory_;
  std::uint64_t unread_;
  std::uint64_t next_read_ = kFirstRead;
  std::deque<std::uint64_t> flight_;
  std::uint64_t queued_ = 0;    // atoms in the queue
  std::uint64_t received_ = 0;  // atoms that have come to it
  BeatCounter reads_;
};

}  // namespace sim::dnnguard
