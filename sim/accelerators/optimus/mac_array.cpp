#include "sim/accelerators/optimus/mac_array.h"

#include <algorithm>
#include <utility>

#include "sim/base/math.h"
#include "sim/hw/clock.h"

namespace sim::optimus {

MacArray::MacArray(const sc_core::sc_module_name& name, Context& context, const Config& config,
                   std::unique_ptr<MacArrayEngine> engine, WritePort& output,
                   const WeightFetch* weights)
    : CommandUnit(name, context),
      config_(config),
      engine_(std::move(engine)),
      output_(output),
      weights_(weights),
      pass_events_(config),
      counts_(context.program.layers.size()),
      events_(context.program.layers.size()),
      tile_tokens_(context.program.layers.size()),
      count_series_(context.timeline, basename(), array_count_fields()),
      event_series_(context.timeline, basename(), array_event_fields()) {
  engine_->prepare(context.program);
}

void MacArray::add_to(std::vector<LayerRecord>& layers) const {
  CommandUnit::add_to(layers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].counts = counts_[i];
    layers[i].events = events_[i];
    layers[i].tile_tokens = tile_tokens_[i];
  }
}

void MacArray::run(const Command& command) {
  recorded_counts_ = counts_[command.layer];
  recorded_events_ = events_[command.layer];
  recorded_until_ = hw::now();
  if (layer_of(command).matrix) {
    run_sparse(command);
  } else {
    run_dense(command);
  }
}

void MacArray::run_sparse(const Command& command) {
  std::vector<SparsePass> passes = sparse_passes(command, layer_of(command), config_);
  for (std::size_t i = 0; i < passes.size(); ++i) {
    if (config_.memories.prefetch_weights) {
      passes[i].next = i + 1 < passes.size() ? passes[i + 1].block : first_block_of_next();
    }
    if (config_.mac_array.partial_passes()) cut_columns(passes[i], config_);
    run_pass(command, passes[i], i == 0);
    passes[i].part.reset();  // one at a time
  }
}

const EncodedBlock* MacArray::first_block_of_next() const {
  const Command* next = commands.front();
  if (next == nullptr || !layer_of(*next).matrix || !next->weights_ahead) return nullptr;
  return &layer_of(*next).matrix->blocks.front();
}

void MacArray::run_pass(const Command& command, const SparsePass& pass, bool first) {
  engine_->start_sparse(pass, hw::now());
  work(command, *engine_);
  take_counts(command);
  count_events(command, pass);
  record(command);
  if (!pass.completes_sums) return;
  wait_for_output(command);
  reduce_and_write(command, pass, first);
  if (!config_.load_compute_matching) wait_for_output(command);
}

void MacArray::reduce_and_write(const Command& command, const SparsePass& pass, bool first) {
  engine_->start_reduction(pass.reduce_cycles, hw::now());
  work(command, *engine_);
  take_counts(command);
  record(command);
  output_.push({.command = command.id,
                .layer = command.layer,
                .elements = pass.results,
                .first_part = first,
                .posts = pass.completes_tile});
}

void MacArray::run_dense(const Command& command) {
  const DenseProduct product = dense_product(command, layer_of(command), config_);
  std::uint32_t written = 0;
  events_[command.layer].window_loads += product.preload_elements;
  engine_->start_dense(product, hw::now());
  work(command, *engine_, [&] {
    for (; written < engine_->parts_ready(); ++written) {
      const DensePart& part = product.parts[written];
      ArrayEvents& events = events_[command.layer];
      events.kv_reads += part.fetch_elements;
      events.window_loads += part.load_elements;
      events.window_copies += part.copied_elements;
      events.window_reads += part.macs;
      events.accumulations += part.macs;
      events.results += part.results;
      output_.push({.command = command.id,
                    .layer = command.layer,
                    .elements = part.results,
                    .first_part = written == 0});
    }
  });
  take_counts(command);
  record(command);
  if (!config_.load_compute_matching) wait_for_output(command);
}

void MacArray::wait_for_output(const Command& command) {
  const std::uint64_t since = hw::now();
  output_.wait_idle();
  book_for(command, &UnitCycles::output_waits);
  counts_[command.layer].output_stalls += (hw::now() - since) * config_.mac_array.macs;
  record(command);
}

void MacArray::record(const Command& command) {
  const ArrayCounts& counts = counts_[command.layer];
  const ArrayEvents& events = events_[command.layer];
  count_series_.add(recorded_counts_, counts, recorded_until_, hw::now());
  event_series_.add(recorded_events_, events, recorded_until_, hw::now());
  recorded_counts_ = counts;
  recorded_events_ = events;
  recorded_until_ = hw::now();
}

void MacArray::take_counts(const Command& command) {
  stats::add(counts_[command.layer], engine_->counts(), array_count_fields());
}

void MacArray::count_events(const Command& command, const SparsePass& pass) {
  ArrayEvents& events = events_[command.layer];
  stats::add(events, pass_events_.of(pass), array_event_fields());
  if (weights_ != nullptr) events.dram_bytes += weights_->bytes(*pass.block);
  std::uint32_t& tile = tile_tokens_[command.layer];
  tile = std::max(tile, pass.tokens);
}

}  // namespace sim::optimus
