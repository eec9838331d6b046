#include "sim/accelerators/dnnguard/sdp_plan.h"

#include <algorithm>

namespace sim::dnnguard {

namespace {

using workload::nvdla::Cube;
using workload::nvdla::OperandStream;
using workload::nvdla::Sdp;

using Stage = std::optional<workload::nvdla::SdpStage>;

// Pipeline stages of the RTL, in cycles.
constexpr std::uint32_t kEntryToStage = 2;  // from the entry of the core to its first stage
constexpr std::uint32_t kStage = 4;         // BS, BN or EW with neither ALU nor multiplier
constexpr std::uint32_t kAlu = 2;
constexpr std::uint32_t kMul = 1;
constexpr std::uint32_t kWriter = 8;  // behind the last stage, besides the time to fill an atom

std::uint64_t surfaces(const Cube& cube, std::uint32_t bytes, const ArrayGeometry& geometry) {
  return (std::uint64_t{cube.channels} * bytes + geometry.atom_bytes - 1) / geometry.atom_bytes;
}

void set_lines(SdpStream& stream, const Cube& cube, std::uint64_t surfaces) {
  const bool pixel = cube.width == 1 && cube.height == 1;
  stream.commands = pixel ? 1 : surfaces * cube.height;
  stream.items = pixel ? surfaces : cube.width;
}

/// From the start of an atom until its place is free: half of its time.
std::uint32_t release_cycles(std::uint32_t atom_cycles) { return std::max(atom_cycles / 2, 1U); }

SdpStream operand_stream(const Sdp& sdp, const OperandStream& operands, std::uint64_t surfaces,
                         const ArrayGeometry& geometry, const UnitRates& rates) {
  const std::uint32_t uses = operands.of_alu && operands.of_mul ? 2 : 1;
  SdpStream stream{.beats_per_item = operands.bytes * uses,
                   .flight = beats_in_flight(rates.sdp, 2, rates, geometry)};
  // One more is ahead than of the source, since operands do not wait for it. Where ALU and
  // multiplier both take one, the later of the two frees the places.
  const std::uint32_t cycles = atom_cycles(rates.sdp, geometry);
  ++stream.ahead;
  stream.release =
      cycles + release_cycles(operands.of_mul && operands.of_alu ? 2 * cycles : cycles);
  if (operands.per_element) {
    set_lines(stream, sdp.cube, surfaces);
  } else {
    stream.items = surfaces;
    stream.atoms_per_item = std::uint64_t{sdp.cube.width} * sdp.cube.height;
  }
  return stream;
}

std::uint32_t length(const workload::nvdla::SdpStage& stage) {
  return kStage + (stage.alu ? kAlu : 0) + (stage.mul ? kMul : 0);
}

}  // namespace

SdpPlan plan_sdp(const Sdp& sdp, const ArrayGeometry& geometry, const UnitRates& rates) {
  check_beats(geometry, "SDP");
  const std::uint64_t layers = surfaces(sdp.cube, bytes_of(sdp.in_precision), geometry);
  const std::uint32_t cycles = atom_cycles(rates.sdp, geometry);
  SdpPlan plan;
  plan.atoms = layers * sdp.cube.width * sdp.cube.height;
  SdpStream source{.flight = beats_in_flight(rates.sdp, 1, rates, geometry),
                   .release = release_cycles(cycles)};
  set_lines(source, sdp.cube, layers);
  plan.streams = {source};
  plan.names = {0};
  plan.stages = {{.cycles = cycles, .stream = 0}};
  std::uint32_t lead = kEntryToStage;
  const Stage* stages[] = {&sdp.bs, &sdp.bn, &sdp.ew};
  for (int s = 0; s < (geometry.element_wise ? 3 : 2); ++s) {
    const Stage& stage = *stages[s];
    if (!stage) continue;
    SdpPass& before = plan.stages.back();
    before.room = (lead + before.cycles - 1) / before.cycles;
    before.after_room = before.room * before.cycles - lead;
    plan.stages.push_back(
        {.lead = lead, .cycles = s == 2 ? atom_cycles(rates.ew, geometry) : cycles});
    if (stage->operands) {
      plan.stages.back().stream = static_cast<int>(plan.streams.size());
      plan.streams.push_back(operand_stream(sdp, *stage->operands, layers, geometry, rates));
      plan.names.push_back(s + 1);
    }
    lead = length(*stage);
  }
  std::uint32_t slowest = 0;
  for (const SdpPass& stage : plan.stages) slowest = std::max(slowest, stage.cycles);
  plan.exit = lead + kWriter + slowest;
  plan.queue = kWriteQueue + (plan.exit + cycles - 1) / cycles;
  return plan;
}

}  // namespace sim::dnnguard
