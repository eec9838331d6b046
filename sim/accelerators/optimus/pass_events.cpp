#include "sim/accelerators/optimus/pass_events.h"

#include "sim/accelerators/optimus/local_window.h"
#include "sim/accelerators/optimus/memory_shapes.h"

namespace sim::optimus {

const PassEvents::Streaming& PassEvents::streaming(const EncodedBlock& block) {
  const auto [found, is_new] = known_.try_emplace(&block);
  if (!is_new) return found->second;
  count_lists(block, found->second);
  if (local_depth(config_.window) > 0) found->second.set_columns = count_needed_columns(block);
  return found->second;
}

PassEvents::Streaming PassEvents::streaming(const SparsePass& pass) {
  if (!pass.part) return streaming(*pass.block);
  Streaming once;
  count_lists(*pass.block, once);
  once.weight_words = pass.part->weight_words;
  if (local_depth(config_.window) > 0) once.set_columns = count_needed_columns(*pass.block);
  return once;
}

/// A list that is not empty visits all columns.
void PassEvents::count_lists(const EncodedBlock& block, Streaming& once) const {
  const std::uint64_t marks_of_column = column_banks_of_list(config_);
  for (std::uint32_t l = 0; l < block.lists(); ++l) {
    const std::uint64_t marks = block.list_marks(l);
    once.weight_words += block.list_words(l, config_.memories.weight_entries_per_fetch);
    once.column_marks += marks;
    once.column_reads += marks > 0 ? block.columns * marks_of_column : 0;
  }
}

ArrayEvents PassEvents::of(const SparsePass& pass) {
  const EncodedBlock& block = *pass.block;
  const Streaming once = streaming(pass);
  const std::uint64_t tokens = pass.tokens;
  const std::uint64_t sums =
      pass.completes_sums ? std::uint64_t{block.sets} * block.slots * tokens : 0;
  const bool adder = config_.mac_array.accumulators == Accumulators::kPrivate;
  const bool streamed = config_.memories.streamed();
  return {.weight_reads = once.weight_words,
          .weight_writes = streamed ? once.weight_words : 0,
          .column_reads = once.column_reads,
          .column_writes = streamed ? once.column_marks : 0,
          .window_loads = block.columns * tokens,
          .window_copies = once.set_columns * tokens,
          .window_reads = block.useful * tokens,
          .accumulations = block.useful * tokens,
          .reduction_reads = sums * (adder ? block.ways : 1),
          .reduction_adds = sums * (adder ? block.ways - 1 : 0),
          .results = pass.results};
}

}  // namespace sim::optimus
