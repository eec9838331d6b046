#include "sim/accelerators/optimus/schedule.h"

#include <algorithm>
#include <map>

#include "sim/accelerators/optimus/dense_product.h"
#include "sim/accelerators/optimus/feed.h"
#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::optimus {

using workload::OperatorKind;
using workload::OutputShape;
using workload::Phase;

Schedule::Schedule(const Program& program, const Config& config, TileChooser& tiles,
                   std::uint32_t source_tokens)
    : program_(program),
      config_(config),
      tiles_(tiles),
      source_tokens_(source_tokens),
      latest_(program.layers.size()) {}

std::vector<Command> Schedule::start() {
  std::vector<Command> out;
  issue_phase(Phase::kEncoder, 0, out);
  const bool once = config_.skipping.redundant_decoding || config_.skipping.cross_kv_once;
  if (once) issue_phase(Phase::kCross, 0, out);
  return out;
}

std::vector<Command> Schedule::step(std::uint32_t t) {
  std::vector<Command> out;
  const bool again = !config_.skipping.redundant_decoding && !config_.skipping.cross_kv_once;
  if (again) issue_phase(Phase::kCross, t, out);
  issue_phase(Phase::kDecoder, t, out);
  return out;
}

std::vector<Command> Schedule::product(std::uint32_t layer) { return {command(layer, {})}; }

void Schedule::issue_phase(Phase phase, std::uint32_t t, std::vector<Command>& out) {
  const Moment moment = Moment::of(program_, source_tokens_, t);
  for (std::uint32_t i = 0; i < program_.layers.size(); ++i) {
    const Layer& layer = program_.layers[i];
    if (layer.phase != phase || positions(layer, config_.skipping, moment) == 0) continue;
    out.push_back(command(i, moment));
  }
}

Command Schedule::command(std::uint32_t index, const Moment& moment) {
  const Layer& layer = program_.layers[index];
  Command c;
  c.id = next_id_++;
  c.layer = index;
  c.tokens = positions(layer, config_.skipping, moment);
  c.tile = tiles_.tile(index, c.tokens);
  c.keys = all_keys(layer, moment);
  if (layer.shape.rows == OutputShape::Rows::kTarget) c.first_position = moment.target - c.tokens;
  if (c.tokens == 1) c.keys = seen_keys(layer.mask, c.first_position, c.keys);
  const bool hides = layer.mask.causal || layer.mask.window;
  c.masked = hides && config_.skipping.masked_scores && c.tokens > 1;
  take_inputs(c, layer);
  take_turn_at_dram(c, layer);
  latest_[index] = c.id;
  return c;
}

void Schedule::take_inputs(Command& c, const Layer& layer) {
  const std::optional<std::size_t> fed = fed_input(program_, layer, config_);
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    const auto producer = latest_[layer.inputs[i]];
    SIM_CHECK(producer.has_value(), "{} runs before its input {}", layer.name,
              program_.layers[layer.inputs[i]].name);
    if (fed == i) {
      c.feed = producer;
      c.tile = tiles_.tile(layer.inputs[i], c.tokens);
    } else if (std::find(c.after.begin(), c.after.end(), *producer) == c.after.end()) {
      c.after.push_back(*producer);
    }
  }
}

void Schedule::take_turn_at_dram(Command& c, const Layer& layer) {
  if (!config_.memories.streamed() || !config_.memories.tables_in_dram()) return;
  const bool embeds = layer.unit == UnitId::kEmbedder;
  if (!embeds && !layer.matrix) return;
  if (dram_turn_ && dram_turn_->embeds != embeds) {
    c.weights_ahead = false;
    if (std::find(c.after.begin(), c.after.end(), dram_turn_->command) == c.after.end()) {
      c.after.push_back(dram_turn_->command);
    }
  }
  dram_turn_ = {c.id, embeds};
}

namespace {

std::uint32_t largest_tile_of(const std::vector<Command>& commands, const Program& program) {
  std::uint32_t most = 1;
  for (const Command& c : commands) {
    if (program.layers[c.layer].matrix) most = std::max(most, std::min(c.tile, c.tokens));
  }
  return most;
}

/// Of products by themselves.
std::uint32_t largest_tile_of_products(const Program& program, const Config& config) {
  TileChooser tiles(program, config);
  std::uint32_t most = 1;
  for (std::uint32_t i = 0; i < program.layers.size(); ++i) {
    Schedule schedule(program, config, tiles, 0);
    most = std::max(most, largest_tile_of(schedule.product(i), program));
  }
  return most;
}

}  // namespace

std::uint32_t largest_tile(const Program& program, const Config& config,
                           const std::vector<SentenceLengths>& lengths) {
  if (program.products) return largest_tile_of_products(program, config);
  std::map<std::uint32_t, std::uint32_t> steps;  // of each number of source tokens
  for (const SentenceLengths& s : lengths) {
    steps[s.source_tokens] = std::max(steps[s.source_tokens], s.target_tokens);
  }
  TileChooser tiles(program, config);
  std::uint32_t most = 1;
  for (auto [source, target] : steps) {
    Schedule schedule(program, config, tiles, source);
    most = std::max(most, largest_tile_of(schedule.start(), program));
    if (config.skipping.redundant_decoding) target = std::min(target, 1u);  // steps are alike
    for (std::uint32_t t = 1; t <= target; ++t) {
      most = std::max(most, largest_tile_of(schedule.step(t), program));
    }
  }
  return most;
}

std::uint32_t parts_of(const Command& command, const Layer& layer, const Config& config) {
  if (layer.unit != UnitId::kMacArray) return 1;
  if (layer.matrix) {
    return static_cast<std::uint32_t>(base::ceil_div(command.tokens, command.tile));
  }
  return static_cast<std::uint32_t>(dense_product(command, layer, config).parts.size());
}

/// The layer that makes K (or V, or the scores) tells how many keys there are.
std::uint32_t Schedule::all_keys(const Layer& layer, const Moment& moment) const {
  switch (layer.kind) {
    case OperatorKind::kAttentionScores:
      return moment.rows(program_.layers[layer.inputs[1]].shape);
    case OperatorKind::kAttentionValues:
    case OperatorKind::kSoftmax:
      return all_keys(program_.layers[layer.inputs[0]], moment);
    case OperatorKind::kGlobalAverage:
      return moment.rows(program_.layers[layer.inputs[0]].shape);
    default:
      return 0;
  }
}

}  // namespace sim::optimus
