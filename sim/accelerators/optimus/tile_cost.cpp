#include "sim/accelerators/optimus/tile_cost.h"

#include <algorithm>

#include "sim/accelerators/optimus/feed.h"
#include "sim/accelerators/optimus/sparse_pass.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;

bool is_sparse(const Layer& layer) {
  return layer.kind == OperatorKind::kLinear || layer.kind == OperatorKind::kLogits;
}

/// Whether layer `to` waits for layer `from`, itself or through others of its phase.
bool depends(const std::vector<Layer>& layers, std::uint32_t to, std::uint32_t from) {
  if (to == from) return true;
  if (to < from) return false;
  const auto& inputs = layers[to].inputs;
  return std::any_of(inputs.begin(), inputs.end(), [&](std::uint32_t input) {
    return layers[input].phase == layers[to].phase && depends(layers, input, from);
  });
}

/// Of a token in the unit that executes the layer.
std::uint64_t token_cycles(const Layer& layer, const PostProcessing& post) {
  if (layer.unit == UnitId::kElementwise) {
    return base::ceil_div(layer.outputs, post.elementwise_lanes);
  }
  return 2 * base::ceil_div(layer.outputs, post.norm_lanes) + post.norm_latency_cycles;
}

std::uint64_t consumer_cycles(const Program& program, std::uint32_t i, const Config& config) {
  for (const Layer& layer : program.layers) {
    const auto fed = fed_input(program, layer, config);
    if (fed && layer.inputs[*fed] == i) return token_cycles(layer, config.post);
  }
  return 0;
}

/// The next command on the array in the same phase, if it is a sparse one that can start at once,
/// streams at least so long before its first results.
std::uint64_t slack_cycles(const std::vector<Layer>& layers, std::uint32_t i,
                           const Config& config) {
  for (std::uint32_t next = i + 1; next < layers.size(); ++next) {
    if (layers[next].phase != layers[i].phase || layers[next].unit != UnitId::kMacArray) continue;
    if (!is_sparse(layers[next]) || depends(layers, next, i)) return 0;
    return config.mac_array.issue_cycles +
           base::ceil_div(layers[next].columns, config.window.load_width_elements_per_cycle) +
           config.mac_array.pipeline_depth_cycles - 1;
  }
  return 0;
}

}  // namespace

BlockShape BlockShape::of(const EncodedBlock& block) {
  return {block.matrix_rows(), block.columns, block.slots};
}

std::vector<Consumer> consumers(const Program& program, const Config& config) {
  std::vector<Consumer> all(program.layers.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (!is_sparse(program.layers[i]) || program.products) continue;
    all[i] = {consumer_cycles(program, i, config), slack_cycles(program.layers, i, config)};
  }
  return all;
}

std::uint64_t tile_cost(const std::vector<BlockShape>& blocks, const Consumer& consumer,
                        const Config& config, std::uint32_t tokens, std::uint32_t tile,
                        const Beats& beats) {
  const PassCycles pass(config);
  std::uint64_t array = 0;
  std::uint64_t written = 0;
  std::uint64_t normalised = 0;
  for (std::uint32_t done = 0; done < tokens; done += tile) {
    const std::uint32_t held = std::min(tile, tokens - done);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      array += pass.before_stream(blocks[b].columns, held) + held * beats(b, held) +
               config.mac_array.pipeline_depth_cycles - 1;
      array = std::max(array, written) + pass.reduction(blocks[b].slots, held);
      written = array +
                base::ceil_div(blocks[b].rows * held, config.post.output_width_elements_per_cycle);
      if (!config.load_compute_matching) array = written;
    }
    normalised = std::max(normalised, written) + held * consumer.token_cycles;
  }
  if (consumer.token_cycles > 0) return normalised;
  return std::max(array, written - std::min(written, consumer.slack_cycles));
}

std::uint32_t tile_by_rule(const Config& config, std::uint32_t slots, std::uint32_t tokens) {
  const MacArrayConfig& array = config.mac_array;
  const std::uint32_t most =
      std::clamp<std::uint32_t>(array.accumulators_at_once() / slots, 1, tokens);
  return array.tile_tokens.kind == TileRule::Kind::kFixed ? std::min(array.tile_tokens.count, most)
                                                          : most;
}

Tile cheapest_tile(const std::vector<BlockShape>& blocks, const Consumer& consumer,
                   const Config& config, std::uint32_t tokens, const Beats& at_least,
                   const Beats& beats) {
  const auto cost = [&](std::uint32_t tile, const Beats& by) {
    return tile_cost(blocks, consumer, config, tokens, tile, by);
  };
  std::uint64_t slots = 1;
  for (const BlockShape& block : blocks) slots = std::max(slots, block.slots);
  const std::uint32_t most = tile_by_rule(config, static_cast<std::uint32_t>(slots), tokens);
  Tile best{most, cost(most, beats)};
  for (std::uint32_t tile = most - 1; tile > 0; --tile) {
    if (cost(tile, at_least) >= best.cycles) continue;
    const std::uint64_t cycles = cost(tile, beats);
    if (cycles < best.cycles) best = {tile, cycles};
  }
  return best;
}

}  // namespace sim::optimus
