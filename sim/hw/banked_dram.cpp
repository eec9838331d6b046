#include "sim/hw/banked_dram.h"

#include <algorithm>

namespace sim::hw {

BankedDram::BankedDram(const BankedDramConfig& config, std::uint32_t machine_mhz, MemoryPort& port)
    : Dram(port), config_(config), ratio_(machine_mhz, config.clock_mhz) {}

void BankedDram::begin_request(const MemoryServer::Accepted& accepted) {
  const MemoryRequest& request = accepted.request;
  const std::uint64_t size = config_.burst_bytes();
  whole_ = accepted.whole;
  next_address_ = request.address / size * size;
  end_address_ = request.address + request.bytes;
  next_burst_ = {accepted.slot, request.write, dram_place(config_, next_address_)};
  unfinished_[accepted.slot] = {base::ceil_div(end_address_ - next_address_, size), 0};
}

void BankedDram::burst_queued() {
  next_address_ += config_.burst_bytes();
  if (has_bursts()) next_burst_.place = dram_place(config_, next_address_);
}

void BankedDram::burst_issued(const DramBurst& burst, std::uint64_t clock) {
  const auto found = unfinished_.find(burst.slot);
  SIM_CHECK(found != unfinished_.end(), "a burst of a finished request");
  Progress& p = found->second;
  const std::uint64_t last = clock + data_latency(burst.write) + config_.burst_clocks() - 1;
  p.last_data = std::max(p.last_data, last);
  if (--p.bursts_left > 0) return;
  const std::uint64_t done = ratio_.cycle_of(p.last_data);
  server_.finish(burst.slot, done, done);
  unfinished_.erase(found);
}

}  // namespace sim::hw
