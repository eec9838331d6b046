#pragma once

#include <string>
#include <vector>

#include "sim/workload/network.h"

namespace sim::optimus {

/// For which the machine has a unit.
std::vector<workload::OperatorKind> runnable_operators();

/// Why the machine cannot run the network, naming what it has no unit for and what it runs; empty
/// when it can.
std::string reason_against(const workload::Network& network);

}  // namespace sim::optimus
