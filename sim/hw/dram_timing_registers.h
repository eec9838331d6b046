#pragma once

#include <cstdint>
#include <vector>

#include "sim/hw/dram_command.h"

namespace sim::hw {

/// The first clock of each command, kept up to date as commands are issued: what DramTimingHistory
/// answers for one clock, for all clocks at once.
class DramTimingRegisters {
 public:
  explicit DramTimingRegisters(const BankedDramConfig& config);

  std::uint64_t earliest(const DramCommand& command) const;
  /// No RD or WR comes before.
  std::uint64_t earliest_transfer() const { return earliest_transfer_; }
  void issued(const DramCommand& command, std::uint64_t clock);

 private:
  struct Bank {
    std::uint64_t activate = 0, precharge = 0, transfer = 0;
  };
  struct Group {
    std::uint64_t read = 0, write = 0;
  };
  struct Rank {
    std::uint64_t refresh = 0;
    std::uint64_t precharge_all = 0;  // the latest of its open banks
    std::uint64_t windows[4] = {};    // ends of tFAW of the last four ACT, in a ring
    std::uint32_t oldest_window = 0;
    std::uint64_t after_refresh = 0;  // of ACT
  };

  void activated(const DramPlace& place, std::uint64_t clock);
  void hold_activates_of_others(const DramPlace& place, std::uint64_t clock);
  void read(const DramPlace& place, std::uint64_t clock);
  void written(const DramPlace& place, std::uint64_t clock);
  void note_earliest_transfer();
  void hold_precharge(const DramPlace& place, std::uint64_t until);

  const BankedDramConfig& config_;
  const DramTiming& t_;
  std::vector<Bank> banks_;
  std::vector<Group> groups_;
  std::vector<Rank> ranks_;
  std::uint64_t earliest_transfer_ = 0;
};

}  // namespace sim::hw
