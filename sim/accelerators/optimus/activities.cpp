#include "sim/accelerators/optimus/activities.h"

#include <algorithm>

#include "sim/accelerators/optimus/element_counts.h"
#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/accelerators/optimus/local_window.h"
#include "sim/accelerators/optimus/logic_parts.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/accelerators/optimus/registers.h"
#include "sim/accelerators/optimus/static_parts.h"
#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using energy::Activity;
using energy::MemoryShape;
using workload::OperatorKind;

constexpr std::uint64_t kDivisionSteps = 32;

/// Where the elements of write port and elementwise unit go, and what other units make for the K/V
/// store.
struct Written {
  std::uint64_t global_buffer = 0;
  std::uint64_t elementwise = 0;  // likewise into the buffer
  std::uint64_t kv_store = 0;
};

Written written(const RunRecord& record, const Program& program) {
  Written w;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    if (layer.kind == OperatorKind::kLogits) continue;  // compared, not written
    const std::uint64_t tokens = record.layers[i].tokens;
    w.kv_store += layer.kv_outputs * tokens;
    const bool one_by_one = layer.unit == UnitId::kElementwise;
    const std::uint64_t made =
        one_by_one ? layer.outputs * tokens : record.layers[i].events.results;
    (one_by_one ? w.elementwise : w.global_buffer) += made - layer.kv_only_outputs * tokens;
  }
  return w;
}

class Activities {
 public:
  Activities(const RunRecord& record, const Program& program, const Config& config)
      : record_(record), program_(program), config_(config), events_(record.events()) {}

  std::vector<Activity> list() {
    add_array();
    add_buffer();
    add_post_processing();
    add_broadcast();
    if (program_.uses(UnitId::kElementwise)) add_elementwise();
    return std::move(out_);
  }

 private:
  void add(Activity activity) { out_.push_back(std::move(activity)); }

  /// Of the pipeline registers that so many operations pass, `bits` each.
  void add_toggles(std::string unit, std::string counter, std::uint64_t operations,
                   std::uint64_t bits) {
    add(energy::estimated(energy::events(std::move(unit), std::move(counter), "register_toggle",
                                         toggles(operations, bits), 1)));
  }

  void add_array() {
    const ArrayEvents& e = events_;
    const std::uint64_t macs = record_.counts().macs();
    const Precision& p = config_.precision;
    const MemoryShape sums = accumulator_files(config_);
    add(energy::events("mac_array", "macs", "multiply", macs,
                       std::max(p.weight_bits, p.activation_bits)));
    add(energy::events("mac_array", "macs", "add", macs, p.accumulator_bits));
    add(energy::events("mac_array", "reduction_adds", "add", e.reduction_adds, p.accumulator_bits));
    add(energy::accesses("accumulators", "accumulations", "sram_read", e.accumulations, sums));
    add(energy::accesses("accumulators", "accumulations", "sram_write", e.accumulations, sums));
    add(energy::accesses("accumulators", "reduction_reads", "sram_read", e.reduction_reads, sums));
    add_toggles("mac_array", "macs", macs, mac_pipeline_bits(p));
    add_window();
    add_weights("weight_banks", "weight", {e.weight_reads, e.weight_writes},
                weight_banks(program_, config_));
    if (column_banks_of_list(config_) > 0) {
      add_weights("column_banks", "column", {e.column_reads, e.column_writes},
                  column_banks(program_, config_));
    }
    add(energy::accesses("kv_store", "kv_reads", "sram_read", e.kv_reads, kv_store(config_)));
    add_score_biases();
    add_embedding();
    if (config_.memories.weight_store == WeightStore::kStreamed) {
      add(energy::events("dram", "dram_bytes", "dram", e.dram_bytes, 8));
    }
  }

  /// The write port reads one for each score.
  void add_score_biases() {
    if (program_.position_tables.score_bias_words == 0) return;
    add(energy::accesses("score_biases", "biased_scores", "sram_read",
                         biased_scores(record_, program_), score_biases(program_, config_)));
  }

  struct ReadsAndWrites {
    std::uint64_t reads;
    std::uint64_t writes;
  };
  /// Of weights or what lies beside them; they are written only while they stream.
  void add_weights(const std::string& unit, const std::string& what, ReadsAndWrites counts,
                   const MemoryShape& memory) {
    add(energy::accesses(unit, what + "_reads", "sram_read", counts.reads, memory));
    if (!config_.memories.streamed()) return;
    add(energy::accesses(unit, what + "_writes", "sram_write", counts.writes, memory));
  }

  /// Each copy reads the shared level, if there is one, and writes the set's own.
  void add_window() {
    const auto access = [&](std::string counter, std::uint64_t count) {
      add(energy::events("input_window", std::move(counter), "register", count,
                         config_.precision.activation_bits));
    };
    const bool shared = shared_depth(config_.window) > 0;
    if (shared) access("window_loads", events_.window_loads);
    const bool local = local_depth(config_.window) > 0;
    if (local && shared) access("window_copies", events_.window_copies);  // read there
    if (local) access("window_copies", events_.window_copies);            // written here
    access("window_reads", events_.window_reads);
  }

  void add_embedding() {
    const std::uint64_t bytes = record_.embedding.table_bytes;
    switch (config_.memories.embedding_store) {
      case EmbeddingStore::kHost:
        return;
      case EmbeddingStore::kOnChip: {
        const energy::MemoryShape tables = embedding_memory(program_, config_);
        add(energy::accesses("embedding_store", "table_bytes", "sram_read",
                             base::ceil_div(8 * bytes, tables.width_bits), tables));
        return;
      }
      case EmbeddingStore::kDram:
        add(energy::events("dram", "table_bytes", "dram", bytes, 8));
        return;
    }
  }

  /// By a port of `port` elements: each access is to a whole word of the buffer.
  void buffer_access(std::string counter, std::string event, std::uint64_t elements,
                     std::uint32_t port) {
    add(energy::accesses("global_buffer", std::move(counter), std::move(event),
                         base::ceil_div(elements, port), global_buffer(config_)));
  }

  void add_buffer() {
    const Written w = written(record_, program_);
    const PostProcessing& post = config_.post;
    buffer_access("window_loads", "sram_read", events_.window_loads,
                  config_.window.load_width_elements_per_cycle);
    buffer_access("results", "sram_write", w.global_buffer, post.output_width_elements_per_cycle);
    add(energy::accesses("kv_store", "results", "sram_write", w.kv_store, kv_store(config_)));
    buffer_access("softmax_reads", "sram_read", 3 * elements(UnitId::kSoftmax), post.softmax_lanes);
    buffer_access("softmax_writes", "sram_write", elements(UnitId::kSoftmax), post.softmax_lanes);
    // First pass: both operands; second: their sum. The sum and the result are written.
    buffer_access("norm_reads", "sram_read", 3 * elements(UnitId::kAddNorm), post.norm_lanes);
    buffer_access("norm_writes", "sram_write", 2 * elements(UnitId::kAddNorm), post.norm_lanes);
    buffer_access("embedded", "sram_write", elements(UnitId::kEmbedder),
                  post.output_width_elements_per_cycle);
    if (!program_.uses(UnitId::kElementwise)) return;
    const ElementCounts counts = element_counts(record_, program_);
    buffer_access("elementwise_reads", "sram_read", counts.reads, post.elementwise_lanes);
    buffer_access("elementwise_writes", "sram_write", w.elementwise, post.elementwise_lanes);
  }

  void add_post_processing() {
    const std::uint32_t bits = config_.precision.activation_bits;
    add(energy::events("softmax", "elements", "softmax_element", elements(UnitId::kSoftmax), bits));
    add(energy::events("add_norm", "elements", "norm_element", elements(UnitId::kAddNorm), bits));
    const Precision& p = config_.precision;
    add_toggles("softmax", "elements", elements(UnitId::kSoftmax),
                lane_pipeline_bits(p, config_.post.softmax_latency_cycles));
    add_toggles("add_norm", "elements", elements(UnitId::kAddNorm),
                lane_pipeline_bits(p, config_.post.norm_latency_cycles));
    add_toggles("write_port", "elements", elements(UnitId::kWritePort), write_lane_bits(p));
  }

  /// Scales of 24 bits on int8 are 16-bit multiplications, as in add+norm; products of two
  /// activations have scales of 31 bits. Each result is rounded.
  void add_elementwise() {
    const bool wide = config_.precision.activation_bits > 8;
    const ElementCounts n = element_counts(record_, program_);
    const auto count = [&](const char* counter, const char* event, std::uint64_t times,
                           std::uint32_t bits) {
      add(energy::events("elementwise", counter, event, times, bits));
    };
    count("scales", "multiply", n.scales, wide ? 32 : 16);
    count("products", "multiply", n.products, wide ? 16 : 8);
    count("products", "multiply", n.products, 32);
    count("sums", "add", n.sums, 32);
    count("averages", "multiply", n.averages, 32);
    count("averages", "add", n.averages * kDivisionSteps, 32);
    add(energy::accesses("elementwise", "activations", "sram_read", n.activations * (wide ? 2 : 1),
                         activation_tables(config_)));
    if (wide) count("activations", "multiply", n.activations, 16);
    add_position_tables(n);
    add_toggles("elementwise", "elements", elements(UnitId::kElementwise),
                lane_pipeline_bits(config_.precision, config_.post.elementwise_latency_cycles));
  }

  void add_position_tables(const ElementCounts& n) {
    if (program_.position_tables.rotary_words == 0) return;
    add(energy::accesses("rotary_tables", "rotated", "sram_read", n.rotated,
                         rotary_tables(program_, config_)));
  }

  /// Whatever the scope of the window, an element goes once to all sets, which are spread over the
  /// memories of their MACs: to their own windows, or past them on lines of its own that change
  /// with the register behind them. Lines that the tokens of a tile share would change more often,
  /// so this is an estimate from below.
  void add_broadcast() {
    add(energy::estimated(energy::bits_over(
        "broadcast", "window_loads",
        base::checked_mul(events_.window_loads, config_.precision.activation_bits),
        {.over = {"weight_banks", "column_banks", "accumulators"},
         .ends = config_.mac_array.sets()})));
  }

  std::uint64_t elements(UnitId id) const { return record_.unit(id).elements; }

  const RunRecord& record_;
  const Program& program_;
  const Config& config_;
  const ArrayEvents events_;
  std::vector<Activity> out_;
};

}  // namespace

std::vector<Activity> activities(const RunRecord& record, const Program& program,
                                 const Config& config) {
  return Activities(record, program, config).list();
}

core::Priced priced(const Program& program, const Config& config, std::uint32_t tile_tokens) {
  RunRecord nothing{.layers = std::vector<LayerRecord>(program.layers.size())};
  nothing.layers.front().tile_tokens = tile_tokens;
  return {activities(nothing, program, config), static_parts(nothing, program, config),
          logic_parts(program, config, tile_tokens)};
}

}  // namespace sim::optimus
