#pragma once

#include <cstdint>
#include <deque>

#include "sim/hw/dram.h"
#include "sim/hw/dram_config.h"

namespace sim::hw {

/// A memory of fixed latency and bandwidth. It takes at most one request each
/// accept_interval_cycles. Data of a request whose own data is whole in cycle w moves from cycle
/// w + latency_cycles on, bytes_per_cycle a cycle, after that of the request before it.
class FixedDram : public Dram {
 protected:
  FixedDram(const FixedDramConfig& config, MemoryPort& port) : Dram(port), config_(config) {}
  const FixedDramConfig config_;
};

class FixedDramTick final : public FixedDram {
 public:
  FixedDramTick(const FixedDramConfig& config, MemoryPort& port) : FixedDram(config, port) {}
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  struct Inside {
    std::uint64_t slot;
    std::uint64_t wait_cycles;  // to its first data
    std::uint64_t bytes;
    std::uint64_t moved = 0;
    std::uint64_t first = kNever;
  };
  void accept_request(std::uint64_t cycle);
  void transfer(std::uint64_t cycle);

  std::deque<Inside> inside_;
  std::uint32_t interval_left_ = 0;
  std::uint64_t next_ = 0;
};

class FixedDramSkip final : public FixedDram {
 public:
  FixedDramSkip(const FixedDramConfig& config, MemoryPort& port) : FixedDram(config, port) {}
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override;

 private:
  struct Inside {
    std::uint64_t bytes;
    std::uint64_t accepted;
    std::uint64_t first;
    std::uint64_t end;  // the cycle after its last data
  };
  void accept_request(std::uint64_t cycle);
  void pass(std::uint64_t end);

  std::deque<Inside> inside_;
  std::uint64_t accept_free_ = 0;
  std::uint64_t data_free_ = 0;
  std::uint64_t until_ = 0;  // cycles before this one are done
};

}  // namespace sim::hw
