#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/hw/banked_dram.h"
#include "sim/hw/dram_timing_history.h"

namespace sim::hw {

/// One DRAM clock at a time.
class BankedDramTick final : public BankedDram {
 public:
  BankedDramTick(const BankedDramConfig& config, std::uint32_t machine_mhz, MemoryPort& port);
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  struct Channel {
    DramChannel state;
    DramTimingHistory history;
    std::deque<std::uint64_t> data{};  // clocks in which data will move
  };

  void queue_bursts(std::uint64_t cycle);
  void step(std::uint32_t number, std::uint64_t clock);
  void count(Channel& channel, std::uint64_t clock);

  std::vector<Channel> channels_;
  std::uint64_t next_ = 0;
};

}  // namespace sim::hw
