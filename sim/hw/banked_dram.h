#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/hw/clock_ratio.h"
#include "sim/hw/dram.h"
#include "sim/hw/dram_channel.h"

namespace sim::hw {

/// A DRAM with banks: what both of its engines share.
///
/// A request is split into the bursts that hold its bytes. In a cycle of the machine
///  1. bursts of the request under way go to the queues of their channels, in order of addresses,
///     until one finds no place; those of a write not before its data is whole;
///  2. when none is left, a request is taken, and so are its bursts;
///  3. each channel issues at most one command in each DRAM clock that begins in the cycle.
/// A request is done in the cycle in which the last data of its last burst moves.
///
/// Not modelled: commands that take several clocks, command buses of their own for rows, refreshes
/// of single banks, put off or pulled in, power-down, calibration, error correction.
class BankedDram : public Dram {
 public:
  /// Appends the commands of each channel to its list from now on; for judges and timelines.
  void trace_commands(std::vector<std::vector<IssuedCommand>>& channels) { trace_ = &channels; }

 protected:
  BankedDram(const BankedDramConfig& config, std::uint32_t machine_mhz, MemoryPort& port);

  void begin_request(const MemoryServer::Accepted& accepted);
  bool has_bursts() const { return next_address_ < end_address_; }
  /// The burst under way; there must be one.
  const DramBurst& next_burst() const { return next_burst_; }
  void burst_queued();
  /// Clock of a RD or WR to the clock in which its data begins to move.
  std::uint64_t data_latency(bool write) const {
    return write ? config_.timing.tcwl : config_.timing.tcl;
  }
  void burst_issued(const DramBurst& burst, std::uint64_t clock);
  /// Of the oldest request that has any: bursts that are not issued.
  std::uint64_t oldest_bursts_left() const { return unfinished_.begin()->second.bursts_left; }
  void record(std::uint32_t channel, std::uint64_t clock, const DramCommand& command) {
    if (trace_ != nullptr) trace_->at(channel).push_back({clock, command});
  }

  const BankedDramConfig config_;
  const ClockRatio ratio_;
  std::uint64_t whole_ = 0;  // cycle in which the request under way has its data

 private:
  struct Progress {
    std::uint64_t bursts_left;
    std::uint64_t last_data;  // clock
  };

  DramBurst next_burst_{};
  std::uint64_t next_address_ = 0;
  std::uint64_t end_address_ = 0;
  std::map<std::uint64_t, Progress> unfinished_;  // by slot
  std::vector<std::vector<IssuedCommand>>* trace_ = nullptr;
};

}  // namespace sim::hw
