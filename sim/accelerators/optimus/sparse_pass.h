#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/partial_block.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// One pass of a sparse matrix block, or of some of its columns, over one tile of tokens.
struct SparsePass {
  const EncodedBlock* block = nullptr;
  std::uint32_t block_index = 0;
  std::uint32_t tokens = 0;            // L_t: tokens for which an entry is held
  std::uint64_t preload_cycles = 0;    // load before the computation when both are not matched
  std::uint64_t reduce_cycles = 0;     // L_t * (R + ceil(log2 m)): the m-way addition, row by row
  std::uint64_t results = 0;           // elements for the write port
  bool completes_tile = false;         // the last block of the tile: its tokens are whole now
  const EncodedBlock* next = nullptr;  // whose weights are asked for when this pass begins
  bool completes_sums = true;          // the last columns of the block: sums are whole now
  TakenColumns columns{};              // of the block, unless it takes all
  std::shared_ptr<const PartialBlock> part{};  // holds `block`, when it takes some columns only
};

/// The parts of a pass that depend on shapes only.
class PassCycles {
 public:
  explicit PassCycles(const Config& config) : config_(config) {}

  /// From the pass's first cycle to its stream: issue and preload.
  std::uint64_t before_stream(std::uint64_t columns, std::uint32_t tokens) const {
    return config_.mac_array.issue_cycles + preload(columns, tokens);
  }
  /// Load of `columns` inputs of each token before the stream; 0 when both are matched.
  std::uint64_t preload(std::uint64_t columns, std::uint32_t tokens) const;
  /// The m-way addition of `slots` rows a set, row by row.
  std::uint64_t reduction(std::uint64_t slots, std::uint32_t tokens) const;

 private:
  const Config& config_;
};

/// The passes of a command on a sparse layer: tiles of command.tile tokens, the last one of what is
/// left, each block by block, and each block by so many columns as a pass may take. Passes of some
/// columns are still to be cut.
std::vector<SparsePass> sparse_passes(const Command& command, const Layer& layer,
                                      const Config& config);

/// Cuts the pass's columns out of its block, if it does not take all.
void cut_columns(SparsePass& pass, const Config& config);

}  // namespace sim::optimus
