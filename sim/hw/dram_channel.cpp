#include "sim/hw/dram_channel.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/hw/engine.h"

namespace sim::hw {
namespace {

bool same_bank(const DramPlace& a, const DramPlace& b) {
  return a.rank == b.rank && a.group == b.group && a.bank == b.bank;
}

/// Whether they may not be done in another order.
bool conflict(const DramBurst& a, const DramBurst& b) {
  return (a.write || b.write) && same_bank(a.place, b.place) && a.place.row == b.place.row &&
         a.place.column == b.place.column;
}

}  // namespace

DramChannel::DramChannel(const BankedDramConfig& config)
    : config_(config), banks_(std::size_t{config.ranks} * config.banks_of_rank()) {
  // Refreshes of the ranks are spread over the interval.
  for (std::uint64_t r = 1; r <= config.ranks; ++r) {
    ranks_.push_back({.refresh_due = config.timing.trefi * r / config.ranks});
  }
}

void DramChannel::enqueue(const DramBurst& burst) {
  SIM_CHECK(!full(), "a burst is queued without a place");
  const std::size_t index = bank_index(config_, burst.place);
  Bank& b = banks_[index];
  const auto conflicts = std::ranges::count_if(
      queue_, [&](const Waiting& older) { return conflict(older.burst, burst); });
  queue_.push_back({burst, index, b.queued == 0, static_cast<std::uint32_t>(conflicts)});
  if (b.queued++ == 0) b.oldest_row = burst.place.row;
  ++ranks_[burst.place.rank].queued;
  note_row_wanted(b);
}

void DramChannel::note_row_wanted(Bank& b) {
  const bool wanted = b.queued > 0 && (!b.open || b.row != b.oldest_row);
  if (wanted && !b.row_wanted) ++rows_wanted_;
  if (!wanted && b.row_wanted) --rows_wanted_;
  b.row_wanted = wanted;
}

DramBurst DramChannel::issue(const Candidate& candidate, std::uint64_t clock, DramCounts& counts) {
  const DramPlace& place = candidate.command.place;
  Rank& rank = ranks_[place.rank];
  Bank& b = banks_[bank_index(config_, place)];
  switch (candidate.command.kind) {
    case DramCommandKind::kActivate:
      b.open = true;
      b.row = place.row;
      b.overtaken = 0;
      ++rank.open_banks;
      ++counts.activates;
      queue_[candidate.index].opened_row = true;
      note_row_wanted(b);
      return {};
    case DramCommandKind::kPrecharge:
      b.open = false;
      --rank.open_banks;
      ++counts.precharges;
      queue_[candidate.index].closed_row = true;
      note_row_wanted(b);
      return {};
    case DramCommandKind::kPrechargeAll:
      close_all(place.rank, counts);
      return {};
    case DramCommandKind::kRefresh:
      rank.refresh_due += config_.timing.trefi;
      rank.refresh_end = clock + config_.timing.trfc;
      ++counts.refreshes;
      ++counts.refresh_clocks;  // this one; those after it are counted as they pass
      return {};
    case DramCommandKind::kRead:
    case DramCommandKind::kWrite:
      return transfer(candidate.index, counts);
  }
  return {};
}

void DramChannel::close_all(std::uint32_t rank, DramCounts& counts) {
  counts.precharges += ranks_[rank].open_banks;
  ranks_[rank].open_banks = 0;
  const std::size_t first = std::size_t{rank} * config_.banks_of_rank();
  for (std::size_t i = 0; i < config_.banks_of_rank(); ++i) {
    banks_[first + i].open = false;
    note_row_wanted(banks_[first + i]);
  }
}

DramBurst DramChannel::transfer(std::size_t index, DramCounts& counts) {
  const Waiting w = queue_[index];
  Bank& b = banks_[w.bank];
  if (b.oldest_row != b.row) ++b.overtaken;
  ++counts.bursts;
  counts.moved_bytes += config_.burst_bytes();
  ++(w.closed_row ? counts.row_conflicts : w.opened_row ? counts.row_misses : counts.row_hits);
  remove(index);
  return w.burst;
}

void DramChannel::remove(std::size_t index) {
  const Waiting gone = queue_[index];
  queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(index));
  Bank& b = banks_[gone.bank];
  --b.queued;
  --ranks_[gone.burst.place.rank].queued;
  bool heir = gone.oldest_of_bank;
  for (std::size_t i = index; i < queue_.size(); ++i) {
    Waiting& younger = queue_[i];
    if (younger.bank != gone.bank) continue;
    if (conflict(gone.burst, younger.burst)) --younger.older_conflicts;
    if (!heir) continue;
    heir = false;
    younger.oldest_of_bank = true;
    b.oldest_row = younger.burst.place.row;
  }
  note_row_wanted(b);
}

std::uint64_t DramChannel::ranks_refreshing(std::uint64_t clock) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(ranks_, [&](const Rank& r) { return clock < r.refresh_end; }));
}

bool DramChannel::refresh_blocks_all(std::uint64_t clock) const {
  return std::ranges::all_of(ranks_, [&](const Rank& r) {
    return r.queued == 0 || r.refresh_due <= clock || clock < r.refresh_end;
  });
}

std::uint64_t DramChannel::next_refresh_due(std::uint64_t clock) const {
  std::uint64_t next = kNever;
  for (const Rank& r : ranks_) {
    if (r.refresh_due > clock) next = std::min(next, r.refresh_due);
  }
  return next;
}

std::uint64_t DramChannel::next_refresh_change(std::uint64_t clock) const {
  std::uint64_t next = next_refresh_due(clock);
  for (const Rank& r : ranks_) {
    if (r.refresh_end > clock) next = std::min(next, r.refresh_end);
  }
  return next;
}

}  // namespace sim::hw
