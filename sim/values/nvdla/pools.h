#pragma once

#include "sim/values/nvdla/surfaces.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::values::nvdla {

/// What PDP makes of a cube.
Surfaces run_pdp(const workload::nvdla::Pdp& layer, const Surfaces& in);

/// What CDP makes of a cube, in place.
void run_cdp(const workload::nvdla::Cdp& layer, Surfaces& cube);

}  // namespace sim::values::nvdla
