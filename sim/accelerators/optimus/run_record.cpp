#include "sim/accelerators/optimus/run_record.h"

#include <algorithm>

namespace sim::optimus {

ArrayCounts RunRecord::counts() const {
  ArrayCounts sum;
  for (const LayerRecord& layer : layers) stats::add(sum, layer.counts, array_count_fields());
  return sum;
}

ArrayEvents RunRecord::events() const {
  ArrayEvents sum;
  for (const LayerRecord& layer : layers) stats::add(sum, layer.events, array_event_fields());
  return sum;
}

std::uint32_t RunRecord::tile_tokens() const {
  std::uint32_t most = 1;
  for (const LayerRecord& layer : layers) most = std::max(most, layer.tile_tokens);
  return most;
}

std::vector<core::UnitRecord> unit_records(const RunRecord& record) {
  std::vector<core::UnitRecord> units;
  for (std::size_t i = 0; i < kUnits; ++i) {
    if (!record.units[i].present) continue;
    units.push_back(core::unit_record(kUnitNames[i], record.units[i].cycles, unit_cycle_fields()));
  }
  return units;
}

}  // namespace sim::optimus
