#pragma once

#include "sim/workload/network.h"

namespace sim::values {

/// Refuses a model whose values cannot be computed here: shapes only, no or several output
/// projections, more tokens or features than the kernels' 32-bit sums allow. The rules of the trace
/// format (names, shapes, ranges of accumulators) have been checked by its reader. Throws
/// WorkloadError naming model or operator.
void check_computable(const workload::Network& model);

}  // namespace sim::values
