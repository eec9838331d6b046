#include "sim/hw/dram_timing_history.h"

#include <algorithm>
#include <cstddef>

namespace sim::hw {

DramTimingHistory::DramTimingHistory(const BankedDramConfig& config)
    : config_(config),
      t_(config.timing),
      burst_(config.burst_clocks()),
      banks_(std::size_t{config.ranks} * config.banks_of_rank()),
      groups_(std::size_t{config.ranks} * config.bank_groups),
      ranks_(config.ranks) {}

bool DramTimingHistory::allows(const DramCommand& command, std::uint64_t clock) const {
  const Clock now = static_cast<Clock>(clock);
  const DramPlace& place = command.place;
  switch (command.kind) {
    case DramCommandKind::kActivate:
      return allows_activate(place, now);
    case DramCommandKind::kPrecharge:
      return allows_precharge(banks_[bank_index(config_, place)], now);
    case DramCommandKind::kPrechargeAll:
      return allows_precharge_all(place.rank, now);
    case DramCommandKind::kRefresh:
      return allows_refresh(place.rank, now);
    case DramCommandKind::kRead:
      return allows_read(place, now);
    case DramCommandKind::kWrite:
      return allows_write(place, now);
  }
  return false;
}

bool DramTimingHistory::allows_activate(const DramPlace& place, Clock now) const {
  const Rank& rank = ranks_[place.rank];
  if (now - banks_[bank_index(config_, place)].precharge < t_.trp) return false;
  if (now - rank.refresh < t_.trfc) return false;
  if (now - rank.last_activates[0] < t_.tfaw) return false;
  for (std::uint32_t g = 0; g < config_.bank_groups; ++g) {
    const std::uint32_t trrd = g == place.group ? t_.trrd_l : t_.trrd_s;
    for (std::uint32_t b = 0; b < config_.banks; ++b) {
      if (g == place.group && b == place.bank) continue;  // tRAS and tRP bind there
      const DramPlace other{.channel = 0, .rank = place.rank, .group = g, .bank = b};
      if (now - banks_[bank_index(config_, other)].activate < trrd) return false;
    }
  }
  return true;
}

bool DramTimingHistory::allows_precharge(const Bank& bank, Clock now) const {
  return now - bank.activate >= t_.tras && now - bank.read >= t_.trtp &&
         now - bank.write >= t_.tcwl + burst_ + t_.twr;
}

bool DramTimingHistory::allows_precharge_all(std::uint32_t rank, Clock now) const {
  const auto first = banks_.begin() + std::ptrdiff_t{rank} * config_.banks_of_rank();
  return std::all_of(first, first + config_.banks_of_rank(),
                     [&](const Bank& b) { return !b.open || allows_precharge(b, now); });
}

bool DramTimingHistory::allows_refresh(std::uint32_t rank, Clock now) const {
  if (now - ranks_[rank].precharge_all < t_.trp_ab) return false;
  if (now - ranks_[rank].refresh < t_.trfc) return false;
  const auto first = banks_.begin() + std::ptrdiff_t{rank} * config_.banks_of_rank();
  return std::all_of(first, first + config_.banks_of_rank(),
                     [&](const Bank& b) { return now - b.precharge >= t_.trp; });
}

bool DramTimingHistory::spaced(const DramPlace& place, std::uint32_t rank, std::uint32_t group,
                               Clock since) const {
  if (rank != place.rank) return since >= burst_ + t_.trtrs;
  return since >= (group == place.group ? t_.tccd_l : t_.tccd_s);
}

bool DramTimingHistory::allows_read(const DramPlace& place, Clock now) const {
  if (now - banks_[bank_index(config_, place)].activate < t_.trcd) return false;
  for (std::uint32_t r = 0; r < config_.ranks; ++r) {
    for (std::uint32_t g = 0; g < config_.bank_groups; ++g) {
      const Group& group = groups_[group_index(config_, r, g)];
      if (!spaced(place, r, g, now - group.read)) return false;
      const Clock wtr = g == place.group ? t_.twtr_l : t_.twtr_s;
      const Clock after_write =
          r == place.rank ? t_.tcwl + burst_ + wtr : t_.tcwl + burst_ + t_.trtrs - Clock{t_.tcl};
      if (now - group.write < after_write) return false;
    }
  }
  return true;
}

bool DramTimingHistory::allows_write(const DramPlace& place, Clock now) const {
  if (now - banks_[bank_index(config_, place)].activate < t_.trcd) return false;
  for (std::uint32_t r = 0; r < config_.ranks; ++r) {
    for (std::uint32_t g = 0; g < config_.bank_groups; ++g) {
      const Group& group = groups_[group_index(config_, r, g)];
      if (!spaced(place, r, g, now - group.write)) return false;
      if (now - group.read < t_.tcl + burst_ + t_.trtrs - Clock{t_.tcwl}) return false;
    }
  }
  return true;
}

void DramTimingHistory::issued(const DramCommand& command, std::uint64_t clock) {
  const Clock now = static_cast<Clock>(clock);
  const DramPlace& place = command.place;
  Bank& bank = banks_[bank_index(config_, place)];
  Group& group = groups_[group_index(config_, place.rank, place.group)];
  Rank& rank = ranks_[place.rank];
  switch (command.kind) {
    case DramCommandKind::kActivate:
      bank.open = true;
      bank.activate = now;
      std::shift_left(rank.last_activates, rank.last_activates + 4, 1);
      rank.last_activates[3] = now;
      break;
    case DramCommandKind::kPrecharge:
      bank.open = false;
      bank.precharge = now;
      break;
    case DramCommandKind::kPrechargeAll:
      for (std::uint32_t i = 0; i < config_.banks_of_rank(); ++i) {
        banks_[std::size_t{place.rank} * config_.banks_of_rank() + i].open = false;
      }
      rank.precharge_all = now;
      break;
    case DramCommandKind::kRefresh:
      rank.refresh = now;
      break;
    case DramCommandKind::kRead:
      bank.read = group.read = now;
      break;
    case DramCommandKind::kWrite:
      bank.write = group.write = now;
      break;
  }
}

}  // namespace sim::hw
