#pragma once

#include "sim/core/accelerator.h"
#include "sim/energy/area.h"
#include "sim/energy/estimate.h"

namespace sim::report {

/// The columns of energy.csv and area.csv, filled with the items.
core::Table energy_table(const energy::Estimate& estimate);
core::Table area_table(const energy::Area& area);

}  // namespace sim::report
