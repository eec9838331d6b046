#pragma once

#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/program.h"
#include "sim/workload/network.h"
#include "sim/workload/workload.h"

namespace sim::dnnguard {

/// Operators of networks that the array has a unit for, whatever its configuration.
std::vector<workload::OperatorKind> computed_operators();

/// The task of a workload that the array runs: tensors through a network. base::WorkloadError for
/// others.
const workload::NetworkTask& task_of(const workload::Workload& workload);

/// One sample of it as jobs. base::WorkloadError names the first operator that the array has no
/// unit or no registers for, or whose constants and one line of whose input exceed the buffer.
Program compile(const workload::NetworkTask& task, const Config& config);

}  // namespace sim::dnnguard
