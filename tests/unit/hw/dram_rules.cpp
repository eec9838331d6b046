#include "tests/unit/hw/dram_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace sim::hw::memory_test {
namespace {

using Clocks = std::int64_t;

bool same_group(const Command& a, const Command& b) {
  return a.rank == b.rank && a.group == b.group;
}
bool same_bank(const Command& a, const Command& b) { return same_group(a, b) && a.bank == b.bank; }

Clocks after_activate(const DramTiming& t, const Command& act, const Command& next) {
  if (act.rank != next.rank) return 0;
  const bool bank = same_bank(act, next);
  switch (next.kind) {
    case 'A':
      return bank ? t.tras + t.trp : same_group(act, next) ? t.trrd_l : t.trrd_s;
    case 'R':
    case 'W':
      return bank ? t.trcd : 0;
    case 'P':
      return bank ? t.tras : 0;
    case 'a':
      return t.tras;
    default:
      return t.tras + t.trp;
  }
}

Clocks after_precharge(const DramTiming& t, const Command& pre, const Command& next) {
  if (pre.rank != next.rank) return 0;
  if (next.kind == 'F') return pre.kind == 'a' ? t.trp_ab : t.trp;
  if (next.kind == 'A') return pre.kind == 'a' || same_bank(pre, next) ? t.trp : 0;
  return 0;
}

/// Clocks from a RD or WR to its first data.
Clocks latency(const DramTiming& t, const Command& c) { return c.kind == 'R' ? t.tcl : t.tcwl; }

Clocks after_transfer(const BankedDramConfig& config, const Command& first, const Command& next) {
  const DramTiming& t = config.timing;
  const Clocks burst = config.burst_length / config.transfers_per_clock;
  const Clocks data_end = latency(t, first) + burst;
  if (next.kind == 'P' || next.kind == 'a') {
    if (next.kind == 'P' ? !same_bank(first, next) : first.rank != next.rank) return 0;
    return first.kind == 'R' ? t.trtp : data_end + t.twr;
  }
  if (next.kind != 'R' && next.kind != 'W') return 0;
  if (first.rank == next.rank && first.kind == next.kind) {
    return same_group(first, next) ? t.tccd_l : t.tccd_s;
  }
  if (first.rank == next.rank && first.kind == 'W') {
    return data_end + (same_group(first, next) ? t.twtr_l : t.twtr_s);
  }
  return data_end + t.trtrs - latency(t, next);  // the bus changes hands
}

std::string shown(const Command& c) {
  return fmt::format("{} in clock {} to rank {} group {} bank {} row {}", c.kind, c.clock, c.rank,
                     c.group, c.bank, c.row);
}

/// No pair of commands that is further apart than this is of interest.
Clocks horizon(const BankedDramConfig& config) {
  const DramTiming& t = config.timing;
  const Clocks burst = config.burst_length;
  return std::max({Clocks{t.trfc}, Clocks{t.tras} + t.trp, Clocks{t.tfaw}, Clocks{t.trp_ab},
                   Clocks{t.trcd}, Clocks{t.trrd_l}, Clocks{t.tccd_l}, t.tcl + burst + t.trtrs,
                   t.tcwl + burst + std::max({t.twr, t.twtr_l, t.trtrs}), Clocks{t.trtp}});
}

/// Rows that are open, as commands open and close them.
class Rows {
 public:
  std::string apply(const Command& c) {
    const auto bank = std::tuple(c.rank, c.group, c.bank);
    const auto of_rank = [&](const auto& row) { return std::get<0>(row.first) == c.rank; };
    switch (c.kind) {
      case 'A':
        if (!open_.emplace(bank, c.row).second) return "a row of the bank is open";
        return "";
      case 'P':
        return open_.erase(bank) == 1 ? "" : "no row of the bank is open";
      case 'a':
        return std::erase_if(open_, of_rank) > 0 ? "" : "no row of the rank is open";
      case 'F':
        return std::ranges::any_of(open_, of_rank) ? "a row of the rank is open" : "";
      default:
        return open_.contains(bank) && open_.at(bank) == c.row ? "" : "the row is not open";
    }
  }

 private:
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t> open_;
};

std::string refresh_fault(const BankedDramConfig& config, const std::vector<Command>& commands,
                          Clocks end) {
  // A refresh waits at most for the command before it, the rows that are open and tRP.
  const Clocks slack = 3 * horizon(config);
  for (std::uint32_t r = 0; r < config.ranks; ++r) {
    Clocks due = Clocks{config.timing.trefi} * (r + 1) / config.ranks;
    for (const Command& c : commands) {
      if (c.kind != 'F' || c.rank != r) continue;
      if (c.clock < due || c.clock > due + slack) return fmt::format("{}, due {}", shown(c), due);
      due += config.timing.trefi;
    }
    if (due + slack < end) return fmt::format("rank {} is not refreshed in clock {}", r, due);
  }
  return "";
}

}  // namespace

Clocks gap(const BankedDramConfig& config, const Command& first, const Command& second) {
  switch (first.kind) {
    case 'A':
      return after_activate(config.timing, first, second);
    case 'P':
    case 'a':
      return after_precharge(config.timing, first, second);
    case 'F':
      if (first.rank != second.rank) return 0;
      return second.kind == 'A' || second.kind == 'F' ? config.timing.trfc : 0;
    default:
      return after_transfer(config, first, second);
  }
}

Clocks earliest(const BankedDramConfig& config, const std::vector<Command>& history,
                const Command& command) {
  Clocks clock = 0;
  std::uint32_t activates = 0;
  for (auto c = history.rbegin(); c != history.rend(); ++c) {
    if (c->clock + horizon(config) < command.clock) break;
    clock = std::max({clock, c->clock + 1, c->clock + gap(config, *c, command)});
    if (command.kind == 'A' && c->kind == 'A' && c->rank == command.rank && ++activates == 4) {
      clock = std::max(clock, c->clock + config.timing.tfaw);
    }
  }
  return clock;
}

std::string first_fault(const BankedDramConfig& config, const std::vector<Command>& commands,
                        Clocks end) {
  Rows rows;
  Clocks bus_free = 0;
  std::vector<Command> history;
  for (const Command& c : commands) {
    const Clocks first = earliest(config, history, c);
    if (c.clock < first) return fmt::format("{}: not before {}", shown(c), first);
    const std::string wrong = rows.apply(c);
    if (!wrong.empty()) return fmt::format("{}: {}", shown(c), wrong);
    if (c.kind == 'R' || c.kind == 'W') {
      const Clocks data = c.clock + latency(config.timing, c);
      if (data < bus_free) return fmt::format("{}: the bus is in use", shown(c));
      bus_free = data + config.burst_length / config.transfers_per_clock;
    }
    history.push_back(c);
  }
  return refresh_fault(config, commands, end);
}

}  // namespace sim::hw::memory_test
