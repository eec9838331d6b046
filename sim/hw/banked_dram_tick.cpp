#include "sim/hw/banked_dram_tick.h"

#include <optional>

namespace sim::hw {

BankedDramTick::BankedDramTick(const BankedDramConfig& config, std::uint32_t machine_mhz,
                               MemoryPort& port)
    : BankedDram(config, machine_mhz, port) {
  for (std::uint32_t c = 0; c < config_.channels; ++c) {
    channels_.push_back({DramChannel(config_), DramTimingHistory(config_)});
  }
}

void BankedDramTick::queue_bursts(std::uint64_t cycle) {
  while (has_bursts() && cycle >= whole_) {
    const DramBurst burst = next_burst();
    DramChannel& channel = channels_[burst.place.channel].state;
    if (channel.full()) return;
    channel.enqueue(burst);
    burst_queued();
  }
}

void BankedDramTick::count(Channel& channel, std::uint64_t clock) {
  counts_.queued_clocks += channel.state.queued();
  counts_.refresh_clocks += channel.state.ranks_refreshing(clock);
  if (!channel.data.empty() && channel.data.front() == clock) {
    channel.data.pop_front();
    ++counts_.data_clocks;
  } else if (channel.state.empty()) {
    ++counts_.idle_clocks;
  } else if (channel.state.refresh_blocks_all(clock)) {
    ++counts_.refresh_wait_clocks;
  } else {
    ++counts_.timing_wait_clocks;
  }
}

void BankedDramTick::step(std::uint32_t number, std::uint64_t clock) {
  Channel& channel = channels_[number];
  count(channel, clock);
  std::optional<DramChannel::Candidate> chosen;
  channel.state.visit_candidates(clock, [&](const DramChannel::Candidate& candidate) {
    if (channel.history.allows(candidate.command, clock)) chosen = candidate;
    return chosen.has_value();
  });
  if (!chosen) return;
  record(number, clock, chosen->command);
  channel.history.issued(chosen->command, clock);
  const DramBurst burst = channel.state.issue(*chosen, clock, counts_);
  if (!is_transfer(chosen->command.kind)) return;
  burst_issued(burst, clock);
  for (std::uint64_t i = 0; i < config_.burst_clocks(); ++i) {
    channel.data.push_back(clock + data_latency(burst.write) + i);
  }
}

void BankedDramTick::run_to(std::uint64_t cycle) {
  queue_bursts(cycle);
  if (!has_bursts() && can_accept(cycle)) {
    begin_request(accept(cycle));
    queue_bursts(cycle);
  }
  count_waiting_request(cycle, cycle + 1);
  for (std::uint64_t clock = ratio_.first_clock(cycle); clock < ratio_.first_clock(cycle + 1);
       ++clock) {
    for (std::uint32_t c = 0; c < config_.channels; ++c) step(c, clock);
  }
  respond(cycle);
  next_ = cycle + 1;
}

}  // namespace sim::hw
