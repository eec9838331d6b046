#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// One pass of a sparse matrix block over one tile of tokens.
struct SparsePass {
  const EncodedBlock* block = nullptr;
  std::uint32_t block_index = 0;
  std::uint32_t tokens = 0;  // L_t: tokens for which an entry is held
  std::uint64_t weight_wait_cycles =
      0;                             // streamed weights: beyond issue, until DRAM gives the first
  std::uint64_t preload_cycles = 0;  // load before the computation when both are not matched
  std::uint64_t reduce_cycles = 0;   // L_t * (R + ceil(log2 m)): the m-way addition, row by row
  std::uint64_t results = 0;         // elements for the write port
  bool completes_tile = false;       // the last block of the tile: its tokens are whole now
};

/// Tokens of a tile: as many as the accumulators take, floor(A / R); one when weights are not held.
std::uint32_t tile_tokens(const Layer& layer, std::uint32_t tokens, const Config& config);

/// The passes of a command on a sparse layer, tile by tile, block by block.
std::vector<SparsePass> sparse_passes(const Command& command, const Layer& layer,
                                      const Config& config);

}  // namespace sim::optimus
