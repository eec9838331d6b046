#pragma once

#include "sim/hw/banked_dram_config.h"

namespace sim::hw {

enum class DramStandard { kDdr4_2400, kLpddr4_3200, kHbm2, kGddr6 };

/// Parts and times of a device of the standard, one rank; all but the queue and the mapping.
BankedDramConfig dram_preset(DramStandard standard);

}  // namespace sim::hw
