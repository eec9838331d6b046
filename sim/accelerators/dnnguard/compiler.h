#pragma once

#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/program.h"
#include "sim/workload/network.h"
#include "sim/workload/workload.h"

namespace sim::dnnguard {

/// Operators of networks that the array has a unit for, whatever its configuration.
std::vector<workload::OperatorKind> computed_operators();

/// What the array runs: networks that are fed with tensors, and register programs for its sizes.
/// Of a network each step is a job. Of a program each layer is one; a convolution joins the one
/// before where it uses the other register group or what that left in the buffer.
///
/// base::WorkloadError for other tasks, names the first operator that the array has no unit or no
/// registers for, or whose constants and one line of whose input exceed the buffer, and the line of
/// a program's layer that cannot be timed.
Program compile(const workload::Workload& workload, const Config& config);

}  // namespace sim::dnnguard
