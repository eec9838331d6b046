#pragma once

#include <cstdint>
#include <vector>

#include "sim/hw/dram_command.h"

namespace sim::hw {

/// When the commands of a channel were issued, and the rules of the standard about the next one,
/// each written as the standard has it: so many clocks after that command.
class DramTimingHistory {
 public:
  explicit DramTimingHistory(const BankedDramConfig& config);

  bool allows(const DramCommand& command, std::uint64_t clock) const;
  void issued(const DramCommand& command, std::uint64_t clock);

 private:
  using Clock = std::int64_t;
  static constexpr Clock kLongAgo = -(Clock{1} << 40);

  struct Bank {
    Clock activate = kLongAgo, precharge = kLongAgo, read = kLongAgo, write = kLongAgo;
    bool open = false;
  };
  struct Group {
    Clock read = kLongAgo, write = kLongAgo;
  };
  struct Rank {
    Clock precharge_all = kLongAgo, refresh = kLongAgo;
    Clock last_activates[4] = {kLongAgo, kLongAgo, kLongAgo, kLongAgo};  // oldest first
  };

  bool allows_activate(const DramPlace& place, Clock now) const;
  bool allows_precharge(const Bank& bank, Clock now) const;
  bool allows_precharge_all(std::uint32_t rank, Clock now) const;
  bool allows_refresh(std::uint32_t rank, Clock now) const;
  bool allows_read(const DramPlace& place, Clock now) const;
  bool allows_write(const DramPlace& place, Clock now) const;
  /// RD after RD, or WR after WR: whether `since` clocks after that of a bank group are enough.
  bool spaced(const DramPlace& place, std::uint32_t rank, std::uint32_t group, Clock since) const;

  const BankedDramConfig& config_;
  const DramTiming& t_;
  const Clock burst_;
  std::vector<Bank> banks_;
  std::vector<Group> groups_;
  std::vector<Rank> ranks_;
};

}  // namespace sim::hw
