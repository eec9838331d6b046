#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/hw/banked_dram.h"
#include "sim/hw/dram_timing_registers.h"

namespace sim::hw {

/// From one command to the next: each channel goes on by itself, and meets the others only when a
/// burst is queued.
class BankedDramSkip final : public BankedDram {
 public:
  BankedDramSkip(const BankedDramConfig& config, std::uint32_t machine_mhz, MemoryPort& port);
  void run_to(std::uint64_t cycle) override;
  /// Not after the next response.
  std::uint64_t next_event() const override { return next_; }

 private:
  /// What a channel does next: a command, or a look at what a refresh that is due has changed.
  struct Next {
    std::uint64_t clock;
    std::optional<DramChannel::Candidate> candidate;
  };
  struct Data {
    std::uint64_t begin;
    std::uint64_t end;
  };
  struct Channel {
    DramChannel state;
    DramTimingRegisters registers;
    std::uint64_t refresh_change = 0;  // the next in a rank after `until`; earlier: to be found out
    std::deque<Data> data{};           // on the bus in clocks that are not counted yet
    std::uint64_t until = 0;           // clocks before this one are done
    std::optional<Next> next{};        // nothing: to be found out
  };

  void queue_bursts(std::uint64_t last_cycle);
  bool make_room(std::uint32_t channel, std::uint64_t last_cycle);

  const Next& next(Channel& channel);
  void consider(Channel& channel, std::size_t first);
  void enqueue(Channel& channel, const DramBurst& burst);
  void do_next(std::uint32_t number);
  void advance(std::uint32_t number, std::uint64_t end);
  void pass(Channel& channel, std::uint64_t end);
  std::uint64_t pass_data(Channel& channel, std::uint64_t end);
  std::uint64_t find_next_event(std::uint64_t next_cycle);
  std::uint64_t earliest_data();

  std::vector<Channel> channels_;
  std::uint64_t front_ = 0;  // the first cycle in which a burst may be queued or a request taken
  std::uint64_t next_ = 0;
};

}  // namespace sim::hw
