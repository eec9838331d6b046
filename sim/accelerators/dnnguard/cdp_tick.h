#pragma once

#include <deque>

#include "sim/accelerators/dnnguard/cdp_plan.h"
#include "sim/accelerators/dnnguard/unit_source_tick.h"

namespace sim::dnnguard {

/// CDP, one clock at a time, a part of an atom in each: the rules of CdpPlan.
class CdpTick {
 public:
  CdpTick(const CdpPlan& plan, const UnitMemory& memory);

  void tick();
  bool done() const;
  const UnitCounters& counts() const { return counts_; }

 private:
  bool all_taken() const { return line_ == plan_.lines; }
  std::uint32_t width() const { return plan_.block_width(column_); }
  void write();
  bool chunk_may_start() const;
  bool part_there() const { return source_.received() > taken_ + atom_; }
  void part();
  void send();
  void next_chunk();

  const CdpPlan plan_;
  const UnitMemory memory_;
  UnitSourceTick source_;
  std::deque<std::uint64_t> leaving_;  // when they could be written
  std::uint64_t taken_ = 0;            // atoms of chunks that are through
  std::uint32_t round_ = 0;
  std::uint32_t atom_ = 0;  // of the chunk
  std::uint64_t surface_ = 0;
  std::uint32_t column_ = 0;  // of the block's first
  std::uint64_t line_ = 0;
  std::uint64_t window_left_ = 0;  // of a wider block before
  std::uint64_t next_write_ = 0;
  std::uint64_t now_ = 0;
  UnitCounters counts_;
};

UnitCounters cdp_tick(const CdpPlan& plan, const UnitMemory& memory);

}  // namespace sim::dnnguard
