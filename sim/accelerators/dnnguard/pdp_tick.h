#pragma once

#include <deque>

#include "sim/accelerators/dnnguard/pdp_plan.h"
#include "sim/accelerators/dnnguard/unit_source_tick.h"

namespace sim::dnnguard {

/// PDP from memory to memory, one clock at a time: the rules of PdpPlan in the order in which a
/// clock does them.
class PdpTick {
 public:
  PdpTick(const PdpPlan& plan, const UnitMemory& memory);

  void tick();
  bool done() const;
  const UnitCounters& counts() const { return counts_; }

 private:
  const PoolAxis& columns() const { return plan_.splits[split_]; }
  bool all_taken() const { return split_ == plan_.splits.size(); }
  bool busy() const;
  bool pending() const { return !windows_.empty() || outputs_ > 0; }
  void write();
  bool may_leave() const;
  void leave();
  void leave_flushed();
  bool window_may_leave(std::uint64_t outputs) const;
  void end_window();
  bool atom_there() const;
  bool may_take() const;
  void take();
  void next_column();
  void next_line();
  void count();

  const PdpPlan plan_;
  const UnitMemory memory_;
  UnitSourceTick source_;
  std::deque<std::uint64_t> windows_;  // x windows that wait to leave: the outputs that each makes
  std::uint64_t outputs_ = 0;          // outputs that do
  std::deque<std::uint64_t> leaving_;  // on their way: when they could be written
  std::uint64_t taken_ = 0;            // atoms
  std::uint64_t taken_until_ = kFirstRead;
  std::uint64_t window_free_ = 0;
  std::uint64_t output_free_ = 0;
  std::uint64_t next_write_ = 0;
  std::uint64_t first_there_ = 0;  // the first atom is, and has waited
  bool leaves_queue_ = false;      // the atom taken in the last cycle
  std::size_t split_ = 0;
  std::uint64_t surface_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t column_ = 0;
  std::uint64_t now_ = 0;
  UnitCounters counts_;
};

UnitCounters pdp_tick(const PdpPlan& plan, const UnitMemory& memory);

}  // namespace sim::dnnguard
