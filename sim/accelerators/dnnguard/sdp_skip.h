#pragma once

#include "sim/accelerators/dnnguard/sdp_plan.h"
#include "sim/accelerators/dnnguard/unit_counters.h"

namespace sim::dnnguard {

/// An SDP layer by the recurrence that the rules of SdpPlan are: from read to read.
UnitCounters sdp_skip(const SdpPlan& plan, const UnitMemory& memory,
                      const WriteTimes& written = {});

}  // namespace sim::dnnguard
