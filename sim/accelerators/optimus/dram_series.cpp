#include "sim/accelerators/optimus/dram_series.h"

#include <algorithm>

#include "sim/hw/banked_dram.h"

namespace sim::optimus {

DramSeries::DramSeries(stats::Timeline* timeline, const Config& config, hw::Dram& dram)
    : timeline_(timeline), ratio_(config.clock_mhz, config.memories.dram.banked.clock_mhz) {
  if (timeline_ == nullptr) return;
  bytes_ = timeline_->series("dma", "read_bytes", "bytes/cycle");
  auto* banked = dynamic_cast<hw::BankedDram*>(&dram);
  if (banked == nullptr) return;
  activates_ = timeline_->series("dram", "activates", "commands/cycle");
  refreshes_ = timeline_->series("dram", "refreshes", "commands/cycle");
  commands_.resize(config.memories.dram.banked.channels);
  banked->trace_commands(commands_);
}

void DramSeries::fetched(std::uint64_t asked, std::uint64_t here, std::uint64_t bytes) {
  if (timeline_ == nullptr || bytes == 0) return;
  timeline_->add(bytes_, std::max(asked + 1, drawn_until_), here, bytes);
  drawn_until_ = here;
}

void DramSeries::draw_commands() {
  for (std::vector<hw::IssuedCommand>& channel : commands_) {
    for (const hw::IssuedCommand& c : channel) {
      const std::uint64_t cycle = ratio_.cycle_of(c.clock);
      if (c.command.kind == hw::DramCommandKind::kActivate) {
        timeline_->add(activates_, cycle, cycle + 1, 1);
      } else if (c.command.kind == hw::DramCommandKind::kRefresh) {
        timeline_->add(refreshes_, cycle, cycle + 1, 1);
      }
    }
    channel.clear();
  }
}

}  // namespace sim::optimus
