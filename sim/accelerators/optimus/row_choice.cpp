#include "sim/accelerators/optimus/row_choice.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "sim/accelerators/optimus/stream_beats.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

constexpr std::uint64_t kLarge = 32768;  // kept weights; below that, chance differs too much
constexpr std::uint64_t kAlike = 32;     // a difference of less than a 32nd

bool alike(std::uint64_t a, std::uint64_t b) {
  return std::min(a, b) >= kLarge && (std::max(a, b) - std::min(a, b)) * kAlike < std::min(a, b);
}

/// The costs of one matrix.
class RowChoice {
 public:
  RowChoice(std::uint32_t layer, const MaskParts& parts, const Consumer& consumer,
            const Config& config, const TokenCounts& tokens, const MatrixLibrary& library)
      : layer_(layer),
        parts_(parts),
        consumer_(consumer),
        config_(config),
        stream_(StreamConfig::of(config)),
        tokens_(tokens),
        library_(library),
        loads_(library.loads(layer, parts)),
        columns_(parts[0]->columns()) {}

  std::uint32_t most() const {
    return std::min<std::uint32_t>(
        {config_.mac_array.accumulators_at_once(), loads_.slots, std::uint32_t{kFillerSlot}});
  }

  std::uint64_t kept_weights() const { return loads_.kept_weights(); }

  std::uint32_t cheapest() {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> bounds;  // of a cost, and its rows
    for (const std::uint32_t rows : candidates()) bounds.emplace_back(cost_at_least(rows), rows);
    std::stable_sort(bounds.begin(), bounds.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::pair<std::uint64_t, std::uint32_t> best{cost(bounds[0].second), bounds[0].second};
    for (std::size_t i = 1; i < bounds.size(); ++i) {
      const auto& [bound, rows] = bounds[i];
      if (bound > best.first || (bound == best.first && rows < best.second)) continue;
      const std::uint64_t cycles = cost(rows);
      const bool better = cycles < best.first || (cycles == best.first && rows > best.second);
      if (better) best = {cycles, rows};
    }
    return best.second;
  }

 private:
  std::vector<std::uint32_t> candidates() const {
    std::vector<std::uint32_t> all{most()};
    for (std::uint32_t rows = std::bit_ceil(most()) / 2; rows > 0; rows /= 2) all.push_back(rows);
    return all;
  }

  std::uint64_t cost_at_least(std::uint32_t rows) const {
    std::vector<BlockShape> blocks;
    std::vector<std::uint64_t> fewest;
    for (std::uint32_t first = 0; first < loads_.slots; first += rows) {
      const std::uint32_t slots = std::min(rows, loads_.slots - first);
      blocks.push_back({loads_.rows(first, slots), columns_, slots});
      const std::uint64_t longest =
          base::ceil_div(loads_.fullest_set(first, slots), config_.mac_array.sparse.ways);
      fewest.push_back(fewest_beats(stream_, columns_, longest));
    }
    const auto at_least = [&](std::size_t block, std::uint32_t) { return fewest[block]; };
    return sum(blocks, at_least, at_least);
  }

  std::uint64_t cost(std::uint32_t rows) const {
    const MatrixLibrary::Mapped mapped = library_.mapped(layer_, parts_, rows);
    std::vector<BlockShape> blocks;
    for (const EncodedBlock& block : mapped.matrix->blocks) {
      blocks.push_back(BlockShape::of(block));
    }
    StreamBeats stream(*mapped.matrix, mapped.occupancy, stream_);
    return sum(
        blocks, [&](std::size_t block, std::uint32_t held) { return stream.at_least(block, held); },
        [&](std::size_t block, std::uint32_t held) { return stream.beats(block, held); });
  }

  std::uint64_t sum(const std::vector<BlockShape>& blocks, const Beats& at_least,
                    const Beats& beats) const {
    std::uint64_t cycles = 0;
    for (const auto& [tokens, times] : tokens_) {
      cycles += times * cycles_of(blocks, tokens, at_least, beats);
    }
    return cycles;
  }

  std::uint64_t cycles_of(const std::vector<BlockShape>& blocks, std::uint32_t tokens,
                          const Beats& at_least, const Beats& beats) const {
    if (config_.mac_array.tile_tokens.kind == TileRule::Kind::kAuto) {
      return cheapest_tile(blocks, consumer_, config_, tokens, at_least, beats).cycles;
    }
    const auto slots = static_cast<std::uint32_t>(blocks[0].slots);  // the others have no more
    return tile_cost(blocks, consumer_, config_, tokens, tile_by_rule(config_, slots, tokens),
                     beats);
  }

  std::uint32_t layer_;
  const MaskParts& parts_;
  const Consumer& consumer_;
  const Config& config_;
  StreamConfig stream_;
  const TokenCounts& tokens_;
  const MatrixLibrary& library_;
  const RowLoads& loads_;
  std::uint32_t columns_;
};

}  // namespace

std::uint32_t RowChooser::choose(std::uint32_t index, const Layer& layer, const MaskParts& parts,
                                 const Consumer& consumer, const TokenCounts& tokens) {
  RowChoice choice(index, parts, consumer, config_, tokens, library_);
  const TileRule& rule = config_.mac_array.tile_rows;
  if (rule.kind == TileRule::Kind::kFixed) return std::min(rule.count, choice.most());
  const bool alone = rule.kind == TileRule::Kind::kLargest || !config_.load_compute_matching;
  if (alone || choice.most() == 1) return choice.most();
  for (const Made& m : made_) {
    const bool same = m.phase == layer.phase && m.outputs == layer.outputs &&
                      m.columns == layer.columns && m.consumer == consumer && m.tokens == tokens;
    if (same && alike(m.kept_weights, choice.kept_weights())) return m.rows;
  }
  made_.push_back({layer.phase, layer.outputs, layer.columns, choice.kept_weights(), consumer,
                   tokens, choice.cheapest()});
  return made_.back().rows;
}

}  // namespace sim::optimus
