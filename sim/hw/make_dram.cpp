#include "sim/hw/make_dram.h"

#include "sim/hw/banked_dram_skip.h"
#include "sim/hw/banked_dram_tick.h"
#include "sim/hw/fixed_dram.h"

namespace sim::hw {
namespace {

std::unique_ptr<Dram> make_tick(const DramConfig& config, std::uint32_t machine_mhz,
                                MemoryPort& port) {
  if (config.kind != DramKind::kBanked) return std::make_unique<FixedDramTick>(config.fixed, port);
  return std::make_unique<BankedDramTick>(config.banked, machine_mhz, port);
}

std::unique_ptr<Dram> make_skip(const DramConfig& config, std::uint32_t machine_mhz,
                                MemoryPort& port) {
  if (config.kind != DramKind::kBanked) return std::make_unique<FixedDramSkip>(config.fixed, port);
  return std::make_unique<BankedDramSkip>(config.banked, machine_mhz, port);
}

}  // namespace

std::unique_ptr<Dram> make_dram(const DramConfig& config, std::uint32_t machine_mhz,
                                MemoryPort& port, EngineKind engine) {
  switch (engine) {
    case EngineKind::kTick:
      return make_tick(config, machine_mhz, port);
    case EngineKind::kSkip:
      break;
  }
  return make_skip(config, machine_mhz, port);
}

}  // namespace sim::hw
