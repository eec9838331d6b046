#include "sim/accelerators/dnnguard/cdp_skip.h"

#include <algorithm>

#include "sim/accelerators/dnnguard/unit_source_skip.h"

namespace sim::dnnguard {

namespace {

class CdpSkip {
 public:
  CdpSkip(const CdpPlan& plan, const UnitMemory& memory, const WriteTimes& written)
      : plan_(plan),
        memory_(memory),
        written_(written),
        source_(plan.source, memory, counts_.reads[0]),
        writes_(CdpPlan::kQueue + 1) {}

  UnitCounters run() {
    for (std::uint64_t line = 0; line < plan_.lines; ++line) {
      for (std::uint32_t column = 0; column < plan_.width; column += CdpPlan::kColumns)
        block(plan_.block_width(column));
    }
    counts_.cycles = counts_.writes.last + plan_.interrupt;
    counts_.idle = counts_.cycles - counts_.busy - counts_.source_stalls - counts_.output_stalls;
    return counts_;
  }

 private:
  void block(std::uint32_t w) {
    window_left_ = free_;
    if (width_before_ > w) window_left_ += std::uint64_t{plan_.window} * (width_before_ - w);
    width_before_ = w;
    for (std::uint64_t surface = 0; surface < plan_.surfaces; ++surface) chunk(w);
  }

  void chunk(std::uint32_t w) {
    std::uint64_t last = 0;
    for (std::uint32_t i = 0; i < w; ++i) last = source_.next();
    const std::uint64_t through = std::max({free_, window_left_, room(w)});
    const std::uint64_t start = std::max(through, last - (w - 1));
    counts_.output_stalls += through - free_;
    counts_.source_stalls += start - through;
    counts_.busy += std::uint64_t{plan_.rounds} * w;
    free_ = start + std::uint64_t{plan_.rounds} * w;
    for (std::uint32_t i = 0; i < w; ++i) {
      source_.leave(free_ - w + i);
      write(start, w, i);
    }
  }

  std::uint64_t room(std::uint32_t w) const {
    const std::uint64_t atoms = writes_.size() + w;
    return atoms <= CdpPlan::kQueue ? 0 : writes_[atoms - CdpPlan::kQueue - 1];
  }

  void write(std::uint64_t start, std::uint32_t w, std::uint32_t i) {
    const std::uint64_t rounds = std::uint64_t{plan_.rounds + plan_.window} * w;
    std::uint64_t now = start + rounds + i + static_cast<std::uint64_t>(std::int64_t{plan_.exit});
    if (writes_.size() > 0) now = std::max(now, writes_.back() + memory_.write_interval);
    writes_.push(now);
    counts_.writes.add(now);
    if (written_) written_(now);
  }

  const CdpPlan& plan_;
  const UnitMemory& memory_;
  const WriteTimes& written_;
  UnitCounters counts_;
  UnitSourceSkip source_;
  History writes_;
  std::uint64_t free_ = kFirstRead;  // the next chunk may start
  std::uint64_t window_left_ = 0;    // of the block before
  std::uint32_t width_before_ = 0;
};

}  // namespace

UnitCounters cdp_skip(const CdpPlan& plan, const UnitMemory& memory, const WriteTimes& written) {
  return CdpSkip(plan, memory, written).run();
}

}  // namespace sim::dnnguard
