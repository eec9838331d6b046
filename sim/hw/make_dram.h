#pragma once

#include <cstdint>
#include <memory>

#include "sim/hw/dram.h"
#include "sim/hw/dram_config.h"
#include "sim/hw/engine_kind.h"

namespace sim::hw {

/// A memory behind `port`, which outlives it; the machine's clock is `machine_mhz`.
std::unique_ptr<Dram> make_dram(const DramConfig& config, std::uint32_t machine_mhz,
                                MemoryPort& port, EngineKind engine);

}  // namespace sim::hw
