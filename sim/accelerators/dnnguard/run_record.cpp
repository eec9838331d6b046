#include "sim/accelerators/dnnguard/run_record.h"

namespace sim::dnnguard {

namespace {

constexpr stats::Field<LayerCycles> kCycles[] = {
    {"busy", "cycles", "an atomic operation in the array; of other units: an atom is taken in",
     &LayerCycles::busy},
    {"weight_port_waits", "cycles",
     "convolution: the next stripe's weights are on their way into the MAC cells",
     &LayerCycles::weight_port_waits},
    {"input_waits", "cycles", "the input is not there", &LayerCycles::input_waits},
    {"weight_waits", "cycles", "convolution: weights are not in the buffer",
     &LayerCycles::weight_waits},
    {"operand_waits", "cycles", "SDP by itself: operands are not there",
     &LayerCycles::operand_waits},
    {"output_waits", "cycles",
     "convolution: no place in the accumulator's delivery buffer; of other units: none for an "
     "output",
     &LayerCycles::output_waits},
    {"idle", "cycles", "nothing to do: before the first read, drain, other units' layers",
     &LayerCycles::idle},
};

constexpr stats::Field<LayerBeats> kBeats[] = {
    {"input_beats", "beats", "read of cubes and images", &LayerBeats::inputs},
    {"weight_beats", "beats", "read of weights", &LayerBeats::weights},
    {"operand_beats", "beats", "read of SDP's operands", &LayerBeats::operands},
    {"output_beats", "beats", "written", &LayerBeats::outputs},
};

}  // namespace

std::span<const stats::Field<LayerCycles>> layer_cycle_fields() { return kCycles; }
std::span<const stats::Field<LayerBeats>> layer_beat_fields() { return kBeats; }

std::vector<core::UnitRecord> unit_records(const RunRecord& record) {
  std::vector<core::UnitRecord> units;
  for (const Unit unit : kUnits) {
    LayerCycles cycles;
    LayerBeats beats;
    std::uint64_t own = 0;
    for (const LayerRecord& layer : record.layers) {
      if (layer.unit != unit) continue;
      stats::add(cycles, layer.cycles, layer_cycle_fields());
      stats::add(beats, layer.beats, layer_beat_fields());
      own += layer.end - layer.begin;
    }
    cycles.idle += record.cycles - own;
    units.push_back(core::unit_record(name_of(unit), cycles, layer_cycle_fields()));
    units.back().counters = stats::values_of(beats, layer_beat_fields());
  }
  return units;
}

}  // namespace sim::dnnguard
