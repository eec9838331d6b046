#include "sim/accelerators/dnnguard/pdp_tick.h"

#include <algorithm>
#include <numeric>

namespace sim::dnnguard {

namespace {

std::uint64_t atoms(const PdpPlan& plan) {
  std::uint64_t columns = 0;
  for (const PoolAxis& split : plan.splits) columns += split.size();
  return columns * plan.lines.size() * plan.surfaces;
}

}  // namespace

PdpTick::PdpTick(const PdpPlan& plan, const UnitMemory& memory)
    : plan_(plan), memory_(memory), source_(plan.source, memory, atoms(plan)) {}

bool PdpTick::done() const {
  return !busy() && all_taken() && leaving_.empty() && now_ >= counts_.writes.last + kInterrupt;
}

bool PdpTick::busy() const {
  if (taken_ > 0 && now_ < taken_until_) return true;
  return all_taken() && (pending() || now_ < std::max(window_free_, output_free_));
}

void PdpTick::tick() {
  write();
  if (leaves_queue_) source_.leave();
  leaves_queue_ = false;
  source_.receive(now_);
  leave_flushed();
  if (!windows_.empty() && window_may_leave(windows_.front())) end_window();
  if (may_take()) take();
  leave_flushed();
  count();
  source_.ask(now_);
  counts_.reads[0] = source_.reads();
  counts_.cycles = ++now_;
}

void PdpTick::write() {
  if (leaving_.empty() || leaving_.front() > now_ || now_ < next_write_) return;
  leaving_.pop_front();
  counts_.writes.add(now_);
  next_write_ = now_ + memory_.write_interval;
}

bool PdpTick::may_leave() const { return now_ >= output_free_ && leaving_.size() < plan_.queue; }

void PdpTick::leave() {
  leaving_.push_back(now_ + plan_.exit);
  output_free_ = now_ + plan_.cycles;
}

void PdpTick::leave_flushed() {
  if (outputs_ == 0 || !may_leave()) return;
  leave();
  --outputs_;
}

bool PdpTick::window_may_leave(std::uint64_t outputs) const {
  return now_ >= window_free_ && (outputs == 0 || (outputs_ == 0 && may_leave()));
}

void PdpTick::end_window() {
  window_free_ = now_ + plan_.cycles;
  if (windows_.front() > 0) {
    leave();
    outputs_ = windows_.front() - 1;
  }
  windows_.pop_front();
}

bool PdpTick::atom_there() const {
  return source_.received() > taken_ && now_ >= first_there_ + plan_.first_window;
}

bool PdpTick::may_take() const {
  if (all_taken() || now_ < taken_until_ || !atom_there()) return false;
  return columns().ends[column_] == 0 ||
         (windows_.empty() && window_may_leave(plan_.lines.ends[line_]));
}

void PdpTick::take() {
  const std::uint32_t windows = columns().ends[column_];
  windows_.insert(windows_.end(), windows, plan_.lines.ends[line_]);
  if (windows > 0) end_window();
  taken_until_ = now_ + plan_.cycles;
  ++taken_;
  leaves_queue_ = true;
  next_column();
}

void PdpTick::next_column() {
  if (++column_ < columns().size()) return;
  column_ = 0;
  windows_.insert(windows_.end(), columns().flushed, plan_.lines.ends[line_]);
  next_line();
}

void PdpTick::next_line() {
  if (++line_ < plan_.lines.size()) return;
  line_ = 0;
  const PoolAxis& axis = columns();
  const std::uint64_t line = std::accumulate(axis.ends.begin(), axis.ends.end(), axis.flushed);
  (windows_.empty() ? outputs_ : windows_.back()) += plan_.lines.flushed * line;
  if (++surface_ < plan_.surfaces) return;
  surface_ = 0;
  ++split_;
}

void PdpTick::count() {
  if (taken_ == 0 && source_.received() == 0) first_there_ = now_ + 1;
  if (busy()) {
    ++counts_.busy;
  } else if (now_ < kFirstRead || all_taken()) {
    ++counts_.idle;
  } else {
    ++(atom_there() ? counts_.output_stalls : counts_.source_stalls);
  }
}

UnitCounters pdp_tick(const PdpPlan& plan, const UnitMemory& memory) {
  PdpTick unit(plan, memory);
  while (!unit.done()) unit.tick();
  return unit.counts();
}

}  // namespace sim::dnnguard
