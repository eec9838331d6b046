#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/accelerators/optimus/matrix_library.h"
#include "sim/accelerators/optimus/tile_cost.h"

namespace sim::optimus {

/// How often a layer runs with how many tokens.
using TokenCounts = std::map<std::uint32_t, std::uint64_t>;

/// Rows of a set that each matrix of a program streams in one pass. More rows a pass mean fewer
/// passes, fewer rows mean that less is left to write when nothing streams beside it any more. The
/// rule `auto` compares the costs (tile_cost, each with its best tile of tokens, summed over the
/// tokens) of some numbers of rows and takes the cheapest, the most of equals. The beats of a large
/// matrix are those of some of its blocks, scaled. Cuts that cannot win even if every MAC worked
/// all the time are not encoded, nor are smaller ones when load and computation are not matched,
/// since nothing streams beside a write then.
class RowChooser {
 public:
  /// `config` and `library` outlive this.
  RowChooser(const Config& config, const MatrixLibrary& library)
      : config_(config), library_(library) {}

  /// Of layer `index`. Large matrices of one shape and purpose that keep about as many weights
  /// (within a 32nd) share the choice of the first. `ask` as MatrixLibrary takes it.
  std::uint32_t choose(std::uint32_t index, const Layer& layer, const MaskParts& parts,
                       const Consumer& consumer, const TokenCounts& tokens,
                       const MatrixLibrary::Ask& ask);

 private:
  struct Made {
    workload::Phase phase;
    std::uint32_t outputs;
    std::uint32_t columns;
    std::uint64_t kept_weights;
    Consumer consumer;
    TokenCounts tokens;
    std::uint32_t rows;
  };

  const Config& config_;
  const MatrixLibrary& library_;
  std::vector<Made> made_;
};

}  // namespace sim::optimus
