#include "sim/accelerators/dnnguard/cdp_plan.h"

namespace sim::dnnguard {

namespace {

constexpr std::uint32_t kReturn = 14;   // a beat's way besides the memory's latency
constexpr std::uint32_t kChannels = 4;  // of the widest window, on each side
// From the last round that an atom needs to its write, less what the first rounds overlap: with
// one element a cycle and with more. The second is measured without sum and multiplier only.
constexpr std::int32_t kPipeNarrow = -7;
constexpr std::int32_t kPipeWide = 17;
constexpr std::int32_t kSumAndMultiply = 42;  // the two and the table between them

}  // namespace

CdpPlan plan_cdp(const workload::nvdla::Cdp& cdp, const ArrayGeometry& geometry,
                 const UnitRates& rates) {
  check_beats(geometry, "CDP");
  CdpPlan plan;
  plan.source = {.flight = beats_in_flight(rates.cdp, 1, rates, geometry), .beat_return = kReturn};
  plan.lines = cdp.cube.height;
  plan.width = cdp.cube.width;
  plan.surfaces =
      (std::uint64_t{cdp.cube.channels} * bytes_of(cdp.precision) + geometry.atom_bytes - 1) /
      geometry.atom_bytes;
  plan.rounds = atom_cycles(rates.cdp, geometry);
  plan.window = (kChannels + rates.cdp - 1) / rates.cdp;
  plan.exit = rates.cdp == 1 ? kPipeNarrow : kPipeWide;
  if (cdp.sum_squares || cdp.multiply) plan.exit += kSumAndMultiply;
  plan.interrupt = kInterrupt + ((plan.width - 1) % CdpPlan::kColumns > 0 ? 1 : 0);
  return plan;
}

}  // namespace sim::dnnguard
