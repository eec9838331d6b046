#include "sim/accelerators/optimus/lane_units.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sim/hw/clock.h"

namespace sim::optimus {

LaneUnit::LaneUnit(const sc_core::sc_module_name& name, Context& context,
                   std::unique_ptr<hw::LanePipeline> engine)
    : CommandUnit(name, context),
      engine_(std::move(engine)),
      elements_(context.program.layers.size()) {}

UnitTotals LaneUnit::totals() const {
  UnitTotals totals = CommandUnit::totals();
  totals.elements = std::accumulate(elements_.begin(), elements_.end(), std::uint64_t{0});
  return totals;
}

void LaneUnit::add_to(std::vector<LayerRecord>& layers) const {
  CommandUnit::add_to(layers);
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].elements += elements_[i];
}

void LaneUnit::pass(const Command& command, const hw::LaneWork& part) {
  engine_->start(part, hw::now());
  work(command, *engine_);
  elements_[command.layer] += part.elements;
}

void Embedder::run(const Command& command) {
  const Layer& layer = layer_of(command);
  if (dram_ != nullptr && !layer.tables.empty()) {
    pass_as_rows_come(command);
  } else {
    pass(command, {.elements = std::uint64_t{command.tokens} * layer.outputs});
  }
  events_.add(config_, layer, command.tokens);
  context_.board.post_part(command.id);
}

void Embedder::pass_as_rows_come(const Command& command) {
  bool first = true;
  for (const std::uint64_t fetch : ask_for_rows(command)) {
    const std::uint64_t here = wait_for_rows(command, fetch);
    pass(command, {.elements = layer_of(command).outputs,
                   .first_part = std::exchange(first, false),
                   .ready = here});
  }
}

/// Returns a fetch for each token.
std::vector<std::uint64_t> Embedder::ask_for_rows(const Command& command) {
  std::vector<std::uint64_t> fetches;
  for (std::uint32_t i = 0; i < command.tokens; ++i) {
    const std::vector<DramRun> rows = layout_->rows(layer_of(command), command.first_position + i);
    fetches.push_back(dram_->ask(DramUser::kEmbedder, hw::now(), rows));
  }
  return fetches;
}

/// Returns the cycle from which they can be used.
std::uint64_t Embedder::wait_for_rows(const Command& command, std::uint64_t fetch) {
  std::uint64_t look = dram_->next_look(fetch, hw::now());
  while (look > hw::now()) {
    sc_core::wait(hw::cycles(look - hw::now()));
    look = dram_->next_look(fetch, hw::now());
  }
  book_for(command, &UnitCycles::input_waits);
  const std::uint64_t here = dram_->arrivals(fetch).back().cycle;
  dram_->release(fetch);
  return here;
}

std::vector<std::uint64_t> softmax_parts(const Command& command, const Layer& layer) {
  std::vector<std::uint64_t> parts;
  if (command.tokens == 1) {
    parts.assign(layer.heads, command.keys);
  } else {
    for (std::uint32_t query = 0; query < command.tokens; ++query) {
      parts.push_back(std::uint64_t{layer.heads} * keys_of_query(command, layer, query));
    }
  }
  if (!command.feed) {
    return {std::accumulate(parts.begin(), parts.end(), std::uint64_t{0})};
  }
  return parts;
}

void SoftmaxUnit::run(const Command& command) {
  const std::vector<std::uint64_t> parts = softmax_parts(command, layer_of(command));
  for (std::uint32_t i = 0; i < parts.size(); ++i) {
    const std::uint64_t here = command.feed ? wait_for_parts(command, i + 1) : 0;
    const bool last = i + 1 == parts.size();
    pass(command, {.elements = parts[i],
                   .passes = 3,
                   .latency_cycles = last ? latency_cycles_ : 0,
                   .first_part = i == 0,
                   .ready = here});
  }
  context_.board.post_part(command.id);
}

void AddNormUnit::run(const Command& command) {
  if (!command.feed) {
    normalise(command, command.tokens);
  } else {
    std::uint32_t part = 0;
    for (std::uint32_t done = 0; done < command.tokens; done += command.tile) {
      wait_for_parts(command, ++part);
      normalise(command, std::min(command.tile, command.tokens - done));
    }
  }
  context_.board.post_part(command.id);
}

void AddNormUnit::normalise(const Command& command, std::uint32_t tokens) {
  for (std::uint32_t i = 0; i < tokens; ++i) {
    pass(command,
         {.elements = layer_of(command).outputs, .passes = 2, .latency_cycles = latency_cycles_});
  }
}

void ElementwiseUnit::run(const Command& command) {
  const std::uint64_t elements = elementwise_elements(command, layer_of(command));
  if (!command.feed) {
    pass(command, {.elements = elements, .latency_cycles = latency_cycles_});
  } else {
    pass_tiles(command, elements / command.tokens);
  }
  context_.board.post_part(command.id);
}

void ElementwiseUnit::pass_tiles(const Command& command, std::uint64_t row) {
  std::uint32_t part = 0;
  for (std::uint32_t done = 0; done < command.tokens; done += command.tile) {
    const std::uint64_t here = wait_for_parts(command, ++part);
    const std::uint32_t tokens = std::min(command.tile, command.tokens - done);
    const bool last = done + tokens == command.tokens;
    pass(command, {.elements = tokens * row,
                   .latency_cycles = last ? latency_cycles_ : 0,
                   .first_part = done == 0,
                   .ready = here});
  }
}

std::uint64_t elementwise_elements(const Command& command, const Layer& layer) {
  const bool averages = layer.kind == workload::OperatorKind::kGlobalAverage;
  return std::uint64_t{averages ? command.keys : command.tokens} * layer.outputs;
}

}  // namespace sim::optimus
