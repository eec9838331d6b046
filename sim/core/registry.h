#pragma once

#include <string_view>
#include <vector>

#include "sim/core/accelerator.h"

namespace sim::core {

/// All machines, by name. The build writes the list from the folders of sim/accelerators.
const std::vector<const Accelerator*>& accelerators();

/// The machine of that name; base::ConfigError with the nearest name when there is none.
const Accelerator& find_accelerator(std::string_view name);

}  // namespace sim::core
