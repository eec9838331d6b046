#include "sim/accelerators/dnnguard/cdp_tick.h"

namespace sim::dnnguard {

CdpTick::CdpTick(const CdpPlan& plan, const UnitMemory& memory)
    : plan_(plan),
      memory_(memory),
      source_(plan.source, memory, plan.lines * plan.surfaces * plan.width) {}

bool CdpTick::done() const {
  return all_taken() && leaving_.empty() && now_ >= counts_.writes.last + plan_.interrupt;
}

void CdpTick::tick() {
  write();
  const bool received = source_.receive(now_);
  if (now_ >= kFirstRead && !all_taken()) {
    if (!chunk_may_start()) {
      ++counts_.output_stalls;
    } else if (!part_there()) {
      ++counts_.source_stalls;
    } else {
      part();
    }
  } else {
    ++counts_.idle;
  }
  if (!received) source_.receive(now_);  // into a place that a part has just left
  source_.ask(now_);
  counts_.reads[0] = source_.reads();
  counts_.cycles = ++now_;
}

void CdpTick::write() {
  if (leaving_.empty() || leaving_.front() > now_ || now_ < next_write_) return;
  leaving_.pop_front();
  counts_.writes.add(now_);
  next_write_ = now_ + memory_.write_interval;
}

bool CdpTick::chunk_may_start() const {
  if (round_ > 0 || atom_ > 0) return true;
  return now_ >= window_left_ && leaving_.size() + width() <= CdpPlan::kQueue;
}

void CdpTick::part() {
  ++counts_.busy;
  if (round_ + 1 == plan_.rounds) source_.leave();
  if (++atom_ < width()) return;
  atom_ = 0;
  if (round_ == 0) send();
  if (++round_ < plan_.rounds) return;
  round_ = 0;
  taken_ += width();
  next_chunk();
}

void CdpTick::send() {
  const std::uint32_t w = width();
  const std::uint64_t ready = now_ + 1 + std::uint64_t{plan_.rounds + plan_.window} * w - w;
  for (std::uint32_t i = 0; i < w; ++i)
    leaving_.push_back(ready + i + static_cast<std::uint64_t>(std::int64_t{plan_.exit}));
}

void CdpTick::next_chunk() {
  if (++surface_ < plan_.surfaces) return;
  surface_ = 0;
  const std::uint32_t before = width();
  column_ += before;
  if (column_ == plan_.width) {
    column_ = 0;
    ++line_;
  }
  if (before > width()) window_left_ = now_ + 1 + std::uint64_t{plan_.window} * (before - width());
}

UnitCounters cdp_tick(const CdpPlan& plan, const UnitMemory& memory) {
  CdpTick unit(plan, memory);
  while (!unit.done()) unit.tick();
  return unit.counts();
}

}  // namespace sim::dnnguard
