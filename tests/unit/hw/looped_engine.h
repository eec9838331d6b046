#pragma once

#include <cstdint>
#include <utility>

#include "sim/hw/credit_queue.h"
#include "sim/hw/engine.h"

namespace sim::hw::test {

/// Calls an engine as the kernel would, in a plain loop over cycles: when its next event has come,
/// or in the cycle after it was woken.
class LoopedEngine : public Wakeable {
 public:
  explicit LoopedEngine(Engine& engine) : engine_(engine) {}

  void wake() override { changed_ = true; }
  /// Before anybody does anything in a cycle.
  void begin_cycle() { due_ = std::exchange(changed_, false); }
  /// With `anyway`, also when there is no reason to.
  void run(std::uint64_t cycle, bool anyway) {
    if (!due_ && !anyway && engine_.next_event() > cycle) return;
    engine_.run_to(cycle);
    ++events_;
  }
  /// How often the engine was called.
  std::uint64_t events() const { return events_; }

 private:
  Engine& engine_;
  bool changed_ = true;  // it runs in the first cycle
  bool due_ = false;
  std::uint64_t events_ = 0;
};

/// A neighbour that looks by itself in every cycle.
class Watchful : public Wakeable {
 public:
  void wake() override {}
};

}  // namespace sim::hw::test
