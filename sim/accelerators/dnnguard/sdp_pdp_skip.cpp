#include "sim/accelerators/dnnguard/sdp_pdp_skip.h"

namespace sim::dnnguard {

SdpPdpCounters sdp_pdp_skip(const SdpPlan& sdp, const PdpPlan& pdp, const UnitMemory& memory) {
  PoolOnTheFly pool(pdp, memory, kFirstRead);
  const UnitCounters counts =
      sdp_skip(sdp, memory, [&](std::uint64_t write) { return pool.take(write); });
  return {.sdp = counts, .pdp = pool.finish()};
}

}  // namespace sim::dnnguard
