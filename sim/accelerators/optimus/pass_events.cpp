#include "sim/accelerators/optimus/pass_events.h"

#include "sim/accelerators/optimus/local_window.h"

namespace sim::optimus {

const PassEvents::Streaming& PassEvents::streaming(const EncodedBlock& block) {
  const auto [found, is_new] = known_.try_emplace(&block);
  if (is_new && local_depth(config_.window) > 0) {
    found->second.set_columns = count_needed_columns(block);
  }
  return found->second;
}

ArrayEvents PassEvents::of(const SparsePass& pass) {
  const EncodedBlock& block = *pass.block;
  const Streaming& once = streaming(block);
  const std::uint64_t tokens = pass.tokens;
  const std::uint64_t sums = std::uint64_t{block.sets} * block.slots * tokens;
  const bool adder = config_.mac_array.accumulators == Accumulators::kPrivate;
  return {.weight_reads = block.useful + block.fillers,
          .window_loads = block.columns * tokens,
          .window_copies = once.set_columns * tokens,
          .window_reads = block.useful * tokens,
          .accumulations = block.useful * tokens,
          .reduction_reads = sums * (adder ? block.ways : 1),
          .reduction_adds = sums * (adder ? block.ways - 1 : 0),
          .results = pass.results};
}

}  // namespace sim::optimus
