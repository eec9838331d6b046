#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

StreamConfig StreamConfig::of(const Config& config) {
  const bool streamed = config.memories.weight_store == WeightStore::kStreamed;
  return {.window = config.window,
          .load_compute_matching = config.load_compute_matching,
          .accumulators = config.mac_array.accumulators,
          .dram_bytes_per_cycle = streamed ? config.memories.dram_bytes_per_cycle : 0};
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
