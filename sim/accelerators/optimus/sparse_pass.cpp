#include "sim/accelerators/optimus/sparse_pass.h"

#include <algorithm>
#include <utility>

#include "sim/base/math.h"

namespace sim::optimus {
namespace {

/// Shared accumulators hold whole sums already; private ones are added over the ways.
std::uint32_t adder_levels(const MacArrayConfig& array) {
  return array.accumulators == Accumulators::kShared ? 0 : base::ceil_log2(array.sparse.ways);
}

SparsePass make_pass(const EncodedMatrix& matrix, std::uint32_t index, std::uint32_t tokens,
                     const Config& config) {
  const EncodedBlock& block = matrix.blocks[index];
  const PassCycles cycles(config);
  return {.block = &block,
          .block_index = index,
          .tokens = tokens,
          .preload_cycles = cycles.preload(block.columns, tokens),
          .reduce_cycles = cycles.reduction(block.slots, tokens),
          .results = block.matrix_rows() * tokens,
          .completes_tile = index + 1 == matrix.blocks.size(),
          .columns = {.count = block.columns}};
}

/// The pass by as many columns as a pass may take: sums stay where they are until the last.
void add_parts(const SparsePass& pass, const Config& config, std::vector<SparsePass>& passes) {
  const std::uint32_t all = pass.columns.count;
  const std::uint32_t most =
      config.mac_array.pass_columns > 0 ? config.mac_array.pass_columns : all;
  for (std::uint32_t first = 0; first < all; first += most) {
    SparsePass& part = passes.emplace_back(pass);
    part.columns.first = first;
    part.columns.count = std::min(most, all - first);
    if (first + part.columns.count == all) continue;
    part.completes_sums = false;
    part.completes_tile = false;
    part.reduce_cycles = 0;
    part.results = 0;
  }
}

}  // namespace

std::uint64_t PassCycles::preload(std::uint64_t columns, std::uint32_t tokens) const {
  if (config_.load_compute_matching) return 0;
  return base::ceil_div(columns * tokens, config_.window.load_width_elements_per_cycle);
}

std::uint64_t PassCycles::reduction(std::uint64_t slots, std::uint32_t tokens) const {
  return tokens * (slots + adder_levels(config_.mac_array));
}

std::vector<SparsePass> sparse_passes(const Command& command, const Layer& layer,
                                      const Config& config) {
  std::vector<SparsePass> passes;
  for (std::uint32_t done = 0; done < command.tokens; done += command.tile) {
    const std::uint32_t tokens = std::min(command.tile, command.tokens - done);
    for (std::uint32_t b = 0; b < layer.matrix->blocks.size(); ++b) {
      SparsePass pass = make_pass(*layer.matrix, b, tokens, config);
      if (!config.mac_array.partial_passes()) {
        passes.push_back(std::move(pass));
        continue;
      }
      pass.columns.nonzero = command.nonzero.get();
      pass.columns.first_token = command.first_position + done;
      pass.columns.tokens = tokens;
      add_parts(pass, config, passes);
    }
  }
  return passes;
}

void cut_columns(SparsePass& pass, const Config& config) {
  const TakenColumns& taken = pass.columns;
  if (taken.count == pass.block->columns && taken.nonzero == nullptr) return;
  pass.part = std::make_shared<const PartialBlock>(
      take_columns(*pass.block, taken.list(), config.memories.weight_entries_per_fetch));
  pass.block = &pass.part->block;
  pass.preload_cycles = PassCycles(config).preload(pass.block->columns, pass.tokens);
}

}  // namespace sim::optimus
