#include "sim/accelerators/optimus/row_choice.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "sim/accelerators/optimus/sampled_beats.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

constexpr std::uint64_t kLarge = 32768;    // kept weights; below that, chance differs too much
constexpr std::uint64_t kAlike = 32;       // a difference of less than a 32nd
constexpr std::uint64_t kSample = 131072;  // kept weights that say how the others stream

bool alike(std::uint64_t a, std::uint64_t b) {
  return std::min(a, b) >= kLarge && (std::max(a, b) - std::min(a, b)) * kAlike < std::min(a, b);
}

/// The costs of one matrix.
class RowChoice {
 public:
  RowChoice(std::uint32_t layer, const MaskParts& parts, const Consumer& consumer,
            const Config& config, const TokenCounts& tokens, const MatrixLibrary& library,
            const MatrixLibrary::Ask& ask)
      : layer_(layer),
        parts_(parts),
        consumer_(consumer),
        config_(config),
        stream_(StreamConfig::of(config)),
        tokens_(tokens),
        library_(library),
        ask_(ask),
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
  /// The powers of two and the most; of a matrix that is quickly encoded all up to 16 and eight in
  /// an octave. What fewer accumulators could choose is there for more of them, too, but the most.
  std::vector<std::uint32_t> candidates() const {
    const std::uint32_t in_octave = kept_weights() > kSample ? 1 : 8;
    std::vector<std::uint32_t> all{most()};
    for (std::uint32_t rows = 1; rows < most();) {
      all.push_back(rows);
      rows += std::max(std::bit_floor(rows) / in_octave, std::uint32_t{1});
    }
    return all;
  }

  Cut cut(std::uint32_t rows) const {
    return cut_rows(loads_, columns_, rows, config_.mac_array.sparse.ways, stream_);
  }

  std::uint64_t cost_at_least(std::uint32_t rows) const {
    const Cut all = cut(rows);
    const auto at_least = [&](std::size_t block, std::uint32_t) { return all.fewest[block]; };
    return sum(all.blocks, at_least, at_least);
  }

  /// Of `blocks` blocks every so manieth holds enough weights to say how the others stream.
  std::uint32_t stride(std::size_t blocks) const {
    const std::uint64_t sampled =
        base::ceil_div(kSample * blocks, std::max<std::uint64_t>(kept_weights(), 1));
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(blocks / sampled, 1));
  }

  std::uint64_t cost(std::uint32_t rows) const {
    const Cut all = cut(rows);
    const std::uint32_t every = stride(all.blocks.size());
    SampledBeats stream(all, library_.tried(layer_, parts_, rows, every, ask_), every, config_);
    return sum(
        all.blocks,
        [&](std::size_t block, std::uint32_t held) { return stream.at_least(block, held); },
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
  const MatrixLibrary::Ask& ask_;
  const RowLoads& loads_;
  std::uint32_t columns_;
};

}  // namespace

std::uint32_t RowChooser::choose(std::uint32_t index, const Layer& layer, const MaskParts& parts,
                                 const Consumer& consumer, const TokenCounts& tokens,
                                 const MatrixLibrary::Ask& ask) {
  RowChoice choice(index, parts, consumer, config_, tokens, library_, ask);
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
