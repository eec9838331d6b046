#pragma once

#include "sim/accelerators/optimus/program.h"
#include "sim/workload/network.h"

namespace sim::optimus {

/// Cosines and sines of rotary positions and biases of scores, each table once even when several
/// operators read it; without values each operator's own.
PositionTables position_tables(const workload::Network& model);

}  // namespace sim::optimus
