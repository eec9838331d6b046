#include "sim/hw/dram_timing_registers.h"

#include <algorithm>
#include <cstddef>

namespace sim::hw {
namespace {

void hold(std::uint64_t& register_, std::uint64_t until) { register_ = std::max(register_, until); }

}  // namespace

DramTimingRegisters::DramTimingRegisters(const BankedDramConfig& config)
    : config_(config),
      t_(config.timing),
      banks_(std::size_t{config.ranks} * config.banks_of_rank()),
      groups_(std::size_t{config.ranks} * config.bank_groups),
      ranks_(config.ranks) {}

std::uint64_t DramTimingRegisters::earliest(const DramCommand& command) const {
  const DramPlace& place = command.place;
  const Bank& bank = banks_[bank_index(config_, place)];
  const Group& group = groups_[group_index(config_, place.rank, place.group)];
  const Rank& rank = ranks_[place.rank];
  switch (command.kind) {
    case DramCommandKind::kActivate:
      return std::max({bank.activate, rank.windows[rank.oldest_window], rank.after_refresh});
    case DramCommandKind::kPrecharge:
      return bank.precharge;
    case DramCommandKind::kPrechargeAll:
      return rank.precharge_all;
    case DramCommandKind::kRefresh:
      return rank.refresh;
    case DramCommandKind::kRead:
      return std::max(bank.transfer, group.read);
    case DramCommandKind::kWrite:
      return std::max(bank.transfer, group.write);
  }
  return 0;
}

void DramTimingRegisters::hold_precharge(const DramPlace& place, std::uint64_t until) {
  hold(banks_[bank_index(config_, place)].precharge, until);
  hold(ranks_[place.rank].precharge_all, until);
}

/// tRRD is between banks; within one, tRAS and tRP bind.
void DramTimingRegisters::hold_activates_of_others(const DramPlace& place, std::uint64_t clock) {
  const std::size_t own = bank_index(config_, place);
  std::size_t bank = std::size_t{place.rank} * config_.banks_of_rank();
  for (std::uint32_t g = 0; g < config_.bank_groups; ++g) {
    const std::uint64_t until = clock + (g == place.group ? t_.trrd_l : t_.trrd_s);
    for (std::uint32_t b = 0; b < config_.banks; ++b, ++bank) {
      if (bank != own) hold(banks_[bank].activate, until);
    }
  }
}

void DramTimingRegisters::activated(const DramPlace& place, std::uint64_t clock) {
  banks_[bank_index(config_, place)].transfer = clock + t_.trcd;
  hold_precharge(place, clock + t_.tras);
  hold_activates_of_others(place, clock);
  Rank& rank = ranks_[place.rank];
  rank.windows[rank.oldest_window] = clock + t_.tfaw;
  rank.oldest_window = (rank.oldest_window + 1) % 4;
}

void DramTimingRegisters::read(const DramPlace& place, std::uint64_t clock) {
  const std::uint32_t burst = config_.burst_clocks();
  hold_precharge(place, clock + t_.trtp);
  for (std::uint32_t r = 0; r < config_.ranks; ++r) {
    for (std::uint32_t g = 0; g < config_.bank_groups; ++g) {
      Group& group = groups_[group_index(config_, r, g)];
      const std::uint32_t same_rank = g == place.group ? t_.tccd_l : t_.tccd_s;
      hold(group.read, clock + (r == place.rank ? same_rank : burst + t_.trtrs));
      hold(group.write, clock + t_.tcl + burst + t_.trtrs - t_.tcwl);
    }
  }
}

void DramTimingRegisters::written(const DramPlace& place, std::uint64_t clock) {
  const std::uint32_t burst = config_.burst_clocks();
  const std::uint64_t data_end = clock + t_.tcwl + burst;
  hold_precharge(place, data_end + t_.twr);
  for (std::uint32_t r = 0; r < config_.ranks; ++r) {
    for (std::uint32_t g = 0; g < config_.bank_groups; ++g) {
      Group& group = groups_[group_index(config_, r, g)];
      const bool same_group = g == place.group;
      if (r == place.rank) {
        hold(group.write, clock + (same_group ? t_.tccd_l : t_.tccd_s));
        hold(group.read, data_end + (same_group ? t_.twtr_l : t_.twtr_s));
      } else {
        hold(group.write, clock + burst + t_.trtrs);
        hold(group.read, std::max<std::uint64_t>(data_end + t_.trtrs, t_.tcl) - t_.tcl);
      }
    }
  }
}

void DramTimingRegisters::note_earliest_transfer() {
  earliest_transfer_ = std::min(groups_[0].read, groups_[0].write);
  for (const Group& g : groups_) {
    earliest_transfer_ = std::min({earliest_transfer_, g.read, g.write});
  }
}

void DramTimingRegisters::issued(const DramCommand& command, std::uint64_t clock) {
  const DramPlace& place = command.place;
  Rank& rank = ranks_[place.rank];
  switch (command.kind) {
    case DramCommandKind::kActivate:
      activated(place, clock);
      break;
    case DramCommandKind::kPrecharge:
      hold(banks_[bank_index(config_, place)].activate, clock + t_.trp);
      hold(rank.refresh, clock + t_.trp);
      break;
    case DramCommandKind::kPrechargeAll:
      hold(rank.refresh, clock + t_.trp_ab);
      break;
    case DramCommandKind::kRefresh:
      rank.after_refresh = clock + t_.trfc;
      hold(rank.refresh, clock + t_.trfc);
      break;
    case DramCommandKind::kRead:
      read(place, clock);
      note_earliest_transfer();
      break;
    case DramCommandKind::kWrite:
      written(place, clock);
      note_earliest_transfer();
      break;
  }
}

}  // namespace sim::hw
