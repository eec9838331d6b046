#include "sim/accelerators/optimus/tile_chooser.h"

#include <algorithm>

namespace sim::optimus {

TileChooser::TileChooser(const Program& program, const Config& config)
    : program_(program), config_(config), consumers_(consumers(program, config)) {}

std::uint32_t TileChooser::tile(std::uint32_t layer, std::uint32_t tokens) {
  if (!program_.layers[layer].matrix || tokens == 1) return tokens;
  const auto [found, is_new] = chosen_.try_emplace({layer, tokens});
  if (is_new) found->second = choose(layer, tokens);
  return found->second;
}

std::uint32_t TileChooser::choose(std::uint32_t layer, std::uint32_t tokens) {
  const EncodedMatrix& matrix = *program_.layers[layer].matrix;
  if (config_.mac_array.tile_tokens.kind != TileRule::Kind::kAuto) {
    return tile_by_rule(config_, matrix.most_slots(), tokens);
  }
  std::vector<BlockShape> blocks;
  for (const EncodedBlock& block : matrix.blocks) blocks.push_back(BlockShape::of(block));
  StreamBeats& stream = beats_of(layer);
  return cheapest_tile(
             blocks, consumers_[layer], config_, tokens,
             [&](std::size_t block, std::uint32_t held) { return stream.at_least(block, held); },
             [&](std::size_t block, std::uint32_t held) { return stream.beats(block, held); })
      .tokens;
}

StreamBeats& TileChooser::beats_of(std::uint32_t layer) {
  const Layer& of = program_.layers[layer];
  return beats_.try_emplace(layer, *of.matrix, of.occupancy, config_).first->second;
}

}  // namespace sim::optimus
