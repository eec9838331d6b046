#pragma once

#include "sim/accelerators/dnnguard/sdp_plan.h"
#include "sim/accelerators/dnnguard/unit_counters.h"

namespace sim::dnnguard {

/// Takes SDP's atoms instead of memory: gets the cycle in which one could be written, gives the one
/// in which it is taken, on the same scale.
using AtomTaker = std::function<std::uint64_t(std::uint64_t)>;

/// An SDP layer by the recurrence that the rules of SdpPlan are: from read to read.
UnitCounters sdp_skip(const SdpPlan& plan, const UnitMemory& memory, const AtomTaker& taker = {});

}  // namespace sim::dnnguard
