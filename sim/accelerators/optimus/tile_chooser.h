#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/accelerators/optimus/stream_beats.h"
#include "sim/accelerators/optimus/tile_cost.h"

namespace sim::optimus {

/// The tile of each layer for each number of tokens, worked out when it is first asked for.
class TileChooser {
 public:
  /// `program` and `config` outlive this.
  TileChooser(const Program& program, const Config& config);

  /// L_t of a sparse layer; all tokens for any other.
  std::uint32_t tile(std::uint32_t layer, std::uint32_t tokens);

 private:
  std::uint32_t choose(std::uint32_t layer, std::uint32_t tokens);
  StreamBeats& beats_of(std::uint32_t layer);

  const Program& program_;
  const Config& config_;
  std::vector<Consumer> consumers_;
  std::map<std::uint32_t, StreamBeats> beats_;                               // by layer
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> chosen_;  // by layer and tokens
};

}  // namespace sim::optimus
