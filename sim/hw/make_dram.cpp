#include "sim/hw/make_dram.h"

#include "sim/hw/banked_dram_skip.h"
#include "sim/hw/banked_dram_tick.h"
#include "sim/hw/fixed_dram.h"

namespace sim::hw {

std::unique_ptr<Dram> make_dram(const DramConfig& config, std::uint32_t machine_mhz,
                                MemoryPort& port, bool skip) {
  if (config.kind == DramKind::kBanked) {
    if (skip) return std::make_unique<BankedDramSkip>(config.banked, machine_mhz, port);
    return std::make_unique<BankedDramTick>(config.banked, machine_mhz, port);
  }
  if (skip) return std::make_unique<FixedDramSkip>(config.fixed, port);
  return std::make_unique<FixedDramTick>(config.fixed, port);
}

}  // namespace sim::hw
