#pragma once

#include "sim/accelerators/dnnguard/cdp_plan.h"
#include "sim/accelerators/dnnguard/unit_counters.h"

namespace sim::dnnguard {

/// A CDP layer by the recurrence that the rules of CdpPlan are, chunk by chunk.
UnitCounters cdp_skip(const CdpPlan& plan, const UnitMemory& memory,
                      const WriteTimes& written = {});

}  // namespace sim::dnnguard
