#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// Of a block, what its passes cost besides the beats of its stream.
struct BlockShape {
  std::uint64_t rows = 0;     // of the matrix
  std::uint64_t columns = 0;  // W
  std::uint64_t slots = 0;    // R of the block

  static BlockShape of(const EncodedBlock& block);
};

/// Who waits for a sparse layer's results, and so which cycle counts as its end.
struct Consumer {
  /// Of a token in the unit that takes the layer's tiles one by one, add+norm or elementwise; 0:
  /// none does.
  std::uint64_t token_cycles = 0;
  /// Cycles that the array streams on, for a layer that does not read this one, before it needs the
  /// write port; 0: all that follows waits for the results.
  std::uint64_t slack_cycles = 0;

  bool operator==(const Consumer&) const = default;
};

/// Of each layer of a program, matrices not needed; meaningful for sparse ones.
std::vector<Consumer> consumers(const Program& program, const Config& config);

/// Beats of the stream of block `index` when its entries are held for `tokens`.
using Beats = std::function<std::uint64_t(std::size_t index, std::uint32_t tokens)>;

/// What tiles of `tile` tokens cost for a command of `tokens` on the blocks of a matrix: the cycle
/// in which its consumer can go on, when array and write port are free at cycle 0.
///
/// Over tiles and blocks, with a the time of the array, w of the write port, n of the unit behind:
///   a += issue + [ceil(W L / B), unmatched] + L * beats + (P-1)
///   a  = max(a, w) + L * (R + ceil(log2 m))                  the sums have no other place
///   w  = a + ceil(rows L / B_out)                            lanes left over are used
///   a  = w                                                   unmatched
///   n  = max(n, w) + L * token cycles                        last block of a tile
/// and in the end n, or max(a, w - slack). This is the timing of MacArray, WritePort and
/// AddNormUnit written as one recurrence, exact when the beats are (and of ElementwiseUnit, where
/// rows fill whole cycles of its lanes).
std::uint64_t tile_cost(const std::vector<BlockShape>& blocks, const Consumer& consumer,
                        const Config& config, std::uint32_t tokens, std::uint32_t tile,
                        const Beats& beats);

struct Tile {
  std::uint32_t tokens = 1;
  std::uint64_t cycles = 0;  // its cost
};

/// The tile that a rule other than auto takes for a matrix of at most `slots` rows a set and pass:
/// as many tokens as the accumulators hold, or fewer if the configuration says so.
std::uint32_t tile_by_rule(const Config& config, std::uint32_t slots, std::uint32_t tokens);

/// The cheapest of all tiles that the accumulators hold, the largest of equal ones. Tiles that
/// cannot win by `at_least`, beats that the exact ones are never below, are left out.
Tile cheapest_tile(const std::vector<BlockShape>& blocks, const Consumer& consumer,
                   const Config& config, std::uint32_t tokens, const Beats& at_least,
                   const Beats& beats);

}  // namespace sim::optimus
