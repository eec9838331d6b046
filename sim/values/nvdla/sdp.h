#pragma once

#include "sim/values/nvdla/memory.h"
#include "sim/values/nvdla/surfaces.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::values::nvdla {

/// What SDP makes of a cube: its stages, then its output converter. Operands come from memory.
/// Nothing is written for a stage that compares: then `writes` becomes false.
void run_sdp(const workload::nvdla::Sdp& layer, Memory& memory, Surfaces& cube, bool& writes);

}  // namespace sim::values::nvdla
