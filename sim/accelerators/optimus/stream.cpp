#include "sim/accelerators/optimus/stream.h"

#include <algorithm>

namespace sim::optimus {

StreamConfig StreamConfig::of(const Config& config) {
  return {.window = config.window,
          .load_compute_matching = config.load_compute_matching,
          .accumulators = config.mac_array.accumulators};
}

ColumnsHere columns_here(const ColumnArrivals& arrivals) {
  if (arrivals.empty()) return {};
  return [&arrivals](std::uint64_t cycle) {
    const auto later = std::upper_bound(arrivals.begin(), arrivals.end(), cycle);
    return static_cast<std::uint32_t>(later - arrivals.begin());
  };
}

StreamCounts& StreamCounts::operator+=(const StreamCounts& other) {
  cycles += other.cycles;
  useful += other.useful;
  fillers += other.fillers;
  load_stalls += other.load_stalls;
  weight_stalls += other.weight_stalls;
  conflict_stalls += other.conflict_stalls;
  imbalance += other.imbalance;
  return *this;
}

}  // namespace sim::optimus
