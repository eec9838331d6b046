#pragma once

#include <cstdint>

#include "sim/hw/credit_queue.h"
#include "sim/hw/engine.h"

namespace sim::hw {

/// Says when an engine is to be called: at its next event, or in the cycle after a neighbour woke
/// it. For engines that are coupled in a plain loop, without a kernel (CoupledUnit).
class DueEngine : public Wakeable {
 public:
  /// `now`: the cycle in which neighbours act, kept by the loop. First due in cycle 0.
  DueEngine(Engine& engine, const std::uint64_t& now) : engine_(engine), now_(now) {}

  void wake() override;
  std::uint64_t due() const;
  /// `cycle` is later than that of the call before and not later than due().
  void run(std::uint64_t cycle);
  /// Has it count the cycles before `end`, in which it was not due.
  void settle(std::uint64_t end);
  /// How often the engine was called.
  std::uint64_t events() const { return events_; }

 private:
  Engine& engine_;
  const std::uint64_t& now_;
  std::uint64_t own_ = 0;  // its next event
  std::uint64_t woken_ = kNever;
  std::uint64_t until_ = 0;  // cycles before this one are done
  std::uint64_t events_ = 0;
};

}  // namespace sim::hw
