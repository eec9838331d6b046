#include "sim/accelerators/dnnguard/pdp_skip.h"

#include <algorithm>
#include <numeric>

#include "sim/accelerators/dnnguard/unit_source_skip.h"
#include "sim/base/check.h"

namespace sim::dnnguard {

std::uint64_t PoolSkip::room() const {
  const std::uint64_t outputs = writes_.size();
  return outputs < plan_.queue ? 0 : writes_[outputs - plan_.queue];
}

std::uint64_t PoolSkip::window_free() const {
  return line_makes_outputs() ? std::max({window_free_, output_free_, room()}) : window_free_;
}

std::uint64_t PoolSkip::take(std::uint64_t there) {
  SIM_CHECK(!done(), "more atoms than the cube of PDP has");
  const std::uint32_t windows = columns().ends[column_];
  const std::uint64_t source = std::max(there, taken_until_);
  const std::uint64_t now = windows > 0 ? std::max(source, window_free()) : source;
  counts_.source_stalls += source - taken_until_;
  counts_.output_stalls += now - source;
  counts_.busy += plan_.cycles;
  taken_until_ = now + plan_.cycles;
  for (std::uint32_t w = 0; w < windows; ++w) end_window(now);
  end_column(now);
  return now;
}

void PoolSkip::end_window(std::uint64_t now) {
  now = std::max(now, window_free());
  window_free_ = now + plan_.cycles;
  for (std::uint32_t line = 0; line < plan_.lines.ends[line_]; ++line) leave(now);
}

void PoolSkip::end_column(std::uint64_t now) {
  if (++column_ < columns().size()) return;
  column_ = 0;
  for (std::uint32_t w = 0; w < columns().flushed; ++w) end_window(window_free_);
  if (++line_ < plan_.lines.size()) return;
  line_ = 0;
  end_surface(now);
}

void PoolSkip::end_surface(std::uint64_t now) {
  const PoolAxis& axis = columns();
  const std::uint64_t line = std::accumulate(axis.ends.begin(), axis.ends.end(), axis.flushed);
  for (std::uint64_t output = 0; output < plan_.lines.flushed * line; ++output) leave(now);
  if (++surface_ < plan_.surfaces) return;
  surface_ = 0;
  ++split_;
}

void PoolSkip::leave(std::uint64_t now) {
  now = std::max({now, output_free_, room()});
  output_free_ = now + plan_.cycles;
  std::uint64_t write = now + plan_.exit;
  if (writes_.size() > 0) write = std::max(write, writes_.back() + write_interval_);
  writes_.push(write);
  counts_.writes.add(write);
  if (written_) written_(write);
}

UnitCounters PoolSkip::finish() const {
  UnitCounters counts = counts_;
  const std::uint64_t end = std::max({taken_until_, window_free_, output_free_});
  counts.cycles = std::max(counts.writes.last + kInterrupt, end);
  counts.busy += end - taken_until_;
  counts.idle = counts.cycles - counts.busy - counts.source_stalls - counts.output_stalls;
  return counts;
}

std::uint64_t PoolOnTheFly::take(std::uint64_t sdp_write) {
  const auto there = static_cast<std::int64_t>(sdp_write) + after_sdp_;
  const std::uint64_t taken =
      pool_.take(static_cast<std::uint64_t>(std::max<std::int64_t>(there, 0)));
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(taken) - after_sdp_);
}

UnitCounters pdp_skip(const PdpPlan& plan, const UnitMemory& memory, const WriteTimes& written) {
  BeatCounter reads;
  UnitSourceSkip source(plan.source, memory, reads);
  PoolSkip pool(plan, memory, kFirstRead, written);
  std::uint64_t wait = plan.first_window;
  while (!pool.done()) {
    source.leave(pool.take(source.next() + wait) + 1);
    wait = 0;
  }
  UnitCounters counts = pool.finish();
  counts.reads[0] = reads;
  return counts;
}

}  // namespace sim::dnnguard
