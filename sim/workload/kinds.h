#pragma once

#include <vector>

#include "sim/workload/workload_kind.h"

namespace sim::workload {

using WorkloadKinds = std::vector<const WorkloadKind*>;

/// All kinds of workloads, as they are listed. The build writes the list from the folders of
/// sim/workload/kinds.
const WorkloadKinds& workload_kinds();

}  // namespace sim::workload
