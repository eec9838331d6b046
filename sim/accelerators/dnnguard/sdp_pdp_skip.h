#pragma once

#include "sim/accelerators/dnnguard/pdp_skip.h"
#include "sim/accelerators/dnnguard/sdp_skip.h"

namespace sim::dnnguard {

/// What SDP and PDP did. SDP's writes are its atoms that PDP took.
struct SdpPdpCounters {
  UnitCounters sdp;
  UnitCounters pdp;
};

/// A cube from memory through SDP and on to PDP.
SdpPdpCounters sdp_pdp_skip(const SdpPlan& sdp, const PdpPlan& pdp, const UnitMemory& memory);

}  // namespace sim::dnnguard
