#include "sim/hw/banked_dram_skip.h"

#include <algorithm>

namespace sim::hw {
namespace {

bool changes_row(DramCommandKind kind) {
  return kind == DramCommandKind::kActivate || kind == DramCommandKind::kPrecharge;
}

}  // namespace

BankedDramSkip::BankedDramSkip(const BankedDramConfig& config, std::uint32_t machine_mhz,
                               MemoryPort& port)
    : BankedDram(config, machine_mhz, port) {
  for (std::uint32_t c = 0; c < config_.channels; ++c) {
    channels_.push_back({DramChannel(config_), DramTimingRegisters(config_)});
  }
}

/// Among the bursts from the first-th on: the first clock in which a candidate's time has come, and
/// of those of that clock the one that the channel prefers.
void BankedDramSkip::consider(Channel& channel, std::size_t first) {
  Next& next = *channel.next;
  const std::uint64_t soonest = std::max(channel.registers.earliest_transfer(), channel.until);
  channel.state.visit_by_age(channel.until, first, [&](const DramChannel::Candidate& candidate) {
    const std::uint64_t clock =
        std::max(channel.registers.earliest(candidate.command), channel.until);
    const bool preferred = clock == next.clock && is_transfer(candidate.command.kind) &&
                           next.candidate && changes_row(next.candidate->command.kind);
    if (clock < next.clock || preferred) next = {clock, candidate};
    // Younger bursts have nothing to set against a transfer of the soonest clock but a row.
    return next.clock == soonest && next.candidate && is_transfer(next.candidate->command.kind) &&
           channel.state.rows_wanted() == 0;
  });
}

const BankedDramSkip::Next& BankedDramSkip::next(Channel& channel) {
  if (!channel.next) {
    channel.next = {channel.state.next_refresh_due(channel.until), {}};
    consider(channel, 0);
  }
  return *channel.next;
}

void BankedDramSkip::do_next(std::uint32_t number) {
  Channel& channel = channels_[number];
  const auto [clock, candidate] = next(channel);
  channel.next.reset();
  if (!candidate) {
    pass(channel, clock);
    return;
  }
  pass(channel, clock + 1);
  record(number, clock, candidate->command);
  channel.registers.issued(candidate->command, clock);
  const DramBurst burst = channel.state.issue(*candidate, clock, counts_);
  if (candidate->command.kind == DramCommandKind::kRefresh) channel.refresh_change = 0;
  if (!is_transfer(candidate->command.kind)) return;
  burst_issued(burst, clock);
  const std::uint64_t begin = clock + data_latency(burst.write);
  channel.data.push_back({begin, begin + config_.burst_clocks()});
}

void BankedDramSkip::advance(std::uint32_t number, std::uint64_t end) {
  Channel& channel = channels_[number];
  while (next(channel).clock < end) do_next(number);
  pass(channel, end);
}

/// Clocks with data from `until` to `end`.
std::uint64_t BankedDramSkip::pass_data(Channel& channel, std::uint64_t end) {
  std::uint64_t clocks = 0;
  for (const Data& d : channel.data) {
    if (d.begin >= end) break;
    clocks += std::min(d.end, end) - std::max(d.begin, channel.until);
  }
  while (!channel.data.empty() && channel.data.front().end <= end) channel.data.pop_front();
  return clocks;
}

/// Nothing is queued or issued in these clocks, but refreshes may end or be due.
void BankedDramSkip::pass(Channel& channel, std::uint64_t end) {
  const DramChannel& state = channel.state;
  while (channel.until < end) {
    const std::uint64_t begin = channel.until;
    if (channel.refresh_change <= begin) channel.refresh_change = state.next_refresh_change(begin);
    const std::uint64_t stop = std::min(end, channel.refresh_change);
    const std::uint64_t data = pass_data(channel, stop);
    const std::uint64_t rest = stop - begin - data;
    counts_.data_clocks += data;
    counts_.queued_clocks += (stop - begin) * state.queued();
    counts_.refresh_clocks += (stop - begin) * state.ranks_refreshing(begin);
    if (state.empty()) {
      counts_.idle_clocks += rest;
    } else {
      (state.refresh_blocks_all(begin) ? counts_.refresh_wait_clocks
                                       : counts_.timing_wait_clocks) += rest;
    }
    channel.until = stop;
  }
}

/// Goes on until the channel has a place and notes the cycle in which that is seen.
bool BankedDramSkip::make_room(std::uint32_t channel, std::uint64_t last_cycle) {
  while (channels_[channel].state.full()) {
    const std::uint64_t clock = next(channels_[channel]).clock;
    if (clock >= ratio_.first_clock(last_cycle)) return false;
    do_next(channel);
    if (!channels_[channel].state.full()) front_ = ratio_.cycle_of(clock) + 1;
  }
  return true;
}

/// What the channel wants to do for older bursts stays the same.
void BankedDramSkip::enqueue(Channel& channel, const DramBurst& burst) {
  channel.state.enqueue(burst);
  if (channel.next) consider(channel, channel.state.queued() - 1);
}

void BankedDramSkip::queue_bursts(std::uint64_t last_cycle) {
  front_ = std::max(front_, whole_);
  while (has_bursts() && front_ <= last_cycle) {
    const DramBurst burst = next_burst();
    const std::uint32_t channel = burst.place.channel;
    advance(channel, ratio_.first_clock(front_));
    if (!make_room(channel, last_cycle)) return;
    advance(channel, ratio_.first_clock(front_));
    enqueue(channels_[channel], burst);
    burst_queued();
  }
}

void BankedDramSkip::run_to(std::uint64_t cycle) {
  queue_bursts(cycle);
  while (!has_bursts()) {
    const std::uint64_t taken = next_accept(front_, cycle);
    if (taken > cycle || !can_accept(taken)) break;
    begin_request(accept_waiting(taken));
    front_ = taken;
    queue_bursts(cycle);
  }
  count_waiting_until(cycle);
  for (std::uint32_t c = 0; c < config_.channels; ++c) {
    advance(c, ratio_.first_clock(cycle + 1));
  }
  respond(cycle);
  front_ = std::max(front_, cycle + 1);
  next_ = find_next_event(cycle + 1);
}

/// Not after the last data of the oldest request, which has bursts that are not issued yet.
std::uint64_t BankedDramSkip::earliest_data() {
  std::uint64_t issue = kNever;
  for (Channel& channel : channels_) {
    if (!channel.state.empty()) issue = std::min(issue, next(channel).clock);
  }
  if (has_bursts()) {
    issue = std::min(issue, ratio_.first_clock(std::max(front_, whole_)));
  }
  // A bus carries one burst after the other.
  const std::uint64_t bursts_of_a_bus = base::ceil_div(oldest_bursts_left(), config_.channels);
  return issue + std::min(data_latency(true), data_latency(false)) +
         bursts_of_a_bus * config_.burst_clocks() - 1;
}

std::uint64_t BankedDramSkip::find_next_event(std::uint64_t next_cycle) {
  if (server_.empty()) {
    return server_.request_waits(next_cycle) ? next_accept(next_cycle, next_cycle) : kNever;
  }
  const std::uint64_t known = server_.next_response();
  return known != kNever ? known : std::max(next_cycle, ratio_.cycle_of(earliest_data()));
}

}  // namespace sim::hw
