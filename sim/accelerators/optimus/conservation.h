#pragma once

#include "sim/accelerators/optimus/machine.h"

namespace sim::optimus {

/// Throws base::SimulationError when a machine that has run broke one of the laws that collect()
/// lists.
void check_conservation(const Machine& machine, const Config& config, std::uint64_t cycles);

}  // namespace sim::optimus
