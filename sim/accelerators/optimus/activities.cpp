#include "sim/accelerators/optimus/activities.h"

#include <algorithm>

#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using energy::Activity;
using energy::MemoryShape;
using workload::OperatorKind;

/// Bits a MAC's pipeline registers hold: weight, activation, product and sum in flight.
std::uint64_t pipeline_bits(const Precision& p) {
  return p.weight_bits + p.activation_bits + std::uint64_t{2} * p.accumulator_bits;
}

std::uint32_t entry_bits(const Program& program) {
  std::uint32_t bits = 1;
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) bits = std::max(bits, block.entry_bits);
  }
  return bits;
}

MemoryShape weight_banks(const Program& program, const Config& config) {
  const std::uint64_t configured = std::uint64_t{config.memories.weight_bank_kib} * 1024;
  return {.bank_bytes = configured > 0 ? configured : weight_bank_bytes(program, config),
          .width_bits = entry_bits(program),
          .banks = config.mac_array.macs};
}

MemoryShape accumulator_files(const Config& config) {
  const Precision& p = config.precision;
  return {
      .bank_bytes = std::uint64_t{config.mac_array.accumulators_per_mac} * p.accumulator_bits / 8,
      .width_bits = p.accumulator_bits,
      .banks = config.mac_array.macs};
}

MemoryShape global_buffer(const Config& config, std::uint32_t elements_per_access) {
  return {.bank_bytes = std::uint64_t{config.memories.global_buffer_kib} * 1024,
          .width_bits = elements_per_access * config.precision.activation_bits,
          .banks = 1};
}

MemoryShape kv_store(const Config& config) {
  const std::uint64_t banks = config.kv_port();
  return {.bank_bytes = std::max<std::uint64_t>(
              1, std::uint64_t{config.memories.kv_store_kib} * 1024 / banks),
          .width_bits = config.precision.activation_bits,
          .banks = banks};
}

/// Without a machine: no events.
ArrayEvents sum_events(const Machine* machine) {
  ArrayEvents sum;
  if (machine == nullptr) return sum;
  for (const ArrayEvents& e : machine->mac_array.events()) {
    stats::add(sum, e, array_event_fields());
  }
  return sum;
}

ArrayCounts sum_counts(const Machine* machine) {
  ArrayCounts sum;
  if (machine == nullptr) return sum;
  for (const ArrayCounts& c : machine->mac_array.counts()) {
    stats::add(sum, c, array_count_fields());
  }
  return sum;
}

/// Where the write port's elements go, and what other units make for the K/V store.
struct Written {
  std::uint64_t global_buffer = 0;
  std::uint64_t kv_store = 0;
};

Written written(const Machine* machine) {
  Written w;
  if (machine == nullptr) return w;
  const auto& layers = machine->context.program.layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::uint64_t results = machine->mac_array.events()[i].results;
    if (layers[i].kind == OperatorKind::kLogits) continue;  // compared, not written
    const std::uint64_t tokens = machine->sequencer.tokens()[i];
    w.kv_store += layers[i].kv_outputs * tokens;
    w.global_buffer += results - layers[i].kv_only_outputs * tokens;
  }
  return w;
}

class Activities {
 public:
  /// Without a machine all counts are 0.
  Activities(const Machine* machine, const Program& program, const Config& config)
      : machine_(machine), program_(program), config_(config) {}

  std::vector<Activity> list() {
    add_array();
    add_buffer();
    add_post_processing();
    return std::move(out_);
  }

 private:
  void arithmetic(std::string unit, std::string counter, std::string event, std::uint64_t count,
                  std::uint32_t width) {
    out_.push_back({std::move(unit), std::move(counter), std::move(event), count, width, {}});
  }

  void memory(std::string unit, std::string counter, std::string event, std::uint64_t count,
              const MemoryShape& shape) {
    out_.push_back({std::move(unit), std::move(counter), std::move(event), count, 0, shape});
  }

  void add_array() {
    const ArrayEvents e = sum_events(machine_);
    const Precision& p = config_.precision;
    const MemoryShape sums = accumulator_files(config_);
    arithmetic("mac_array", "macs", "multiply", sum_counts(machine_).macs(),
               std::max(p.weight_bits, p.activation_bits));
    arithmetic("mac_array", "macs", "add", sum_counts(machine_).macs(), p.accumulator_bits);
    arithmetic("mac_array", "reduction_adds", "add", e.reduction_adds, p.accumulator_bits);
    memory("accumulators", "accumulations", "sram_read", e.accumulations, sums);
    memory("accumulators", "accumulations", "sram_write", e.accumulations, sums);
    memory("accumulators", "reduction_reads", "sram_read", e.reduction_reads, sums);
    arithmetic("input_window", "window_loads", "register", e.window_loads, p.activation_bits);
    arithmetic("input_window", "window_reads", "register", e.window_reads, p.activation_bits);
    memory("weight_banks", "weight_reads", "sram_read", e.weight_reads,
           weight_banks(program_, config_));
    memory("kv_store", "kv_reads", "sram_read", e.kv_reads, kv_store(config_));
    add_embedding();
    const bool streams = config_.memories.weight_store == WeightStore::kStreamed;
    if (e.dram_bytes > 0 || (machine_ == nullptr && streams)) {
      arithmetic("dram", "dram_bytes", "dram", e.dram_bytes, 8);
    }
  }

  void add_embedding() {
    const std::uint64_t bytes = machine_ == nullptr ? 0 : machine_->embedder.events().table_bytes;
    switch (config_.memories.embedding_store) {
      case EmbeddingStore::kHost:
        return;
      case EmbeddingStore::kOnChip: {
        const energy::MemoryShape tables = embedding_memory(program_, config_);
        memory("embedding_store", "table_bytes", "sram_read",
               base::ceil_div(8 * bytes, tables.width_bits), tables);
        return;
      }
      case EmbeddingStore::kDram:
        if (bytes > 0 || machine_ == nullptr) arithmetic("dram", "table_bytes", "dram", bytes, 8);
        return;
    }
  }

  void buffer_access(std::string counter, std::string event, std::uint64_t elements,
                     std::uint32_t elements_per_access) {
    memory("global_buffer", std::move(counter), std::move(event),
           base::ceil_div(elements, elements_per_access),
           global_buffer(config_, elements_per_access));
  }

  void add_buffer() {
    const Written w = written(machine_);
    const PostProcessing& post = config_.post;
    buffer_access("window_loads", "sram_read", sum_events(machine_).window_loads,
                  config_.window.load_width_elements_per_cycle);
    buffer_access("results", "sram_write", w.global_buffer, post.output_width_elements_per_cycle);
    memory("kv_store", "results", "sram_write", w.kv_store, kv_store(config_));
    buffer_access("softmax_reads", "sram_read", 3 * elements(&Machine::softmax),
                  post.softmax_lanes);
    buffer_access("softmax_writes", "sram_write", elements(&Machine::softmax), post.softmax_lanes);
    // First pass: both operands; second: their sum. The sum and the result are written.
    buffer_access("norm_reads", "sram_read", 3 * elements(&Machine::add_norm), post.norm_lanes);
    buffer_access("norm_writes", "sram_write", 2 * elements(&Machine::add_norm), post.norm_lanes);
    buffer_access("embedded", "sram_write", elements(&Machine::embedder),
                  post.output_width_elements_per_cycle);
  }

  void add_post_processing() {
    const std::uint32_t bits = config_.precision.activation_bits;
    arithmetic("softmax", "elements", "softmax_element", elements(&Machine::softmax), bits);
    arithmetic("add_norm", "elements", "norm_element", elements(&Machine::add_norm), bits);
  }

  template <class Unit>
  std::uint64_t elements(Unit Machine::*unit) const {
    return machine_ == nullptr ? 0 : (machine_->*unit).elements();
  }

  const Machine* machine_;
  const Program& program_;
  const Config& config_;
  std::vector<Activity> out_;
};

std::vector<energy::StaticPart> parts(const Program& program, const Config& config,
                                      std::uint64_t clocked) {
  const std::uint64_t columns =
      config.window.columns +
      (config.window.scope == WindowScope::kTwoLevel
           ? std::uint64_t{config.window.local_columns} * config.mac_array.sets()
           : 0);
  std::vector<energy::StaticPart> parts = {
      {"mac_array", {}, config.mac_array.macs * pipeline_bits(config.precision), clocked},
      {"input_window", {}, columns * config.precision.activation_bits, clocked},
      {"accumulators", accumulator_files(config), 0, 0},
      {"weight_banks", weight_banks(program, config), 0, 0},
      {"global_buffer", global_buffer(config, config.window.load_width_elements_per_cycle), 0, 0},
      {"kv_store", kv_store(config), 0, 0},
  };
  if (config.memories.embedding_store == EmbeddingStore::kOnChip) {
    parts.push_back({"embedding_store", embedding_memory(program, config), 0, 0});
  }
  return parts;
}

}  // namespace

std::vector<Activity> activities(const Machine& machine, const Config& config) {
  return Activities(&machine, machine.context.program, config).list();
}

core::Priced priced(const Program& program, const Config& config) {
  return {Activities(nullptr, program, config).list(), parts(program, config, 0)};
}

std::vector<energy::StaticPart> static_parts(const Machine& machine, const Config& config,
                                             std::uint64_t cycles) {
  return parts(machine.context.program, config, cycles - machine.mac_array.cycles().idle);
}

std::uint64_t weight_bank_bytes(const Program& program, const Config& config) {
  // With the run-time choice of ways a set's queue is spread over its ways' banks.
  const std::uint32_t ways =
      config.mac_array.sparse.way_choice == WayChoice::kRuntime ? config.mac_array.sparse.ways : 1;
  std::vector<std::uint64_t> bits(config.mac_array.macs / ways);
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      for (std::uint32_t l = 0; l < block.lists(); ++l) bits[l] += block.list_bits(l);
    }
  }
  const std::uint64_t most = bits.empty() ? 0 : *std::max_element(bits.begin(), bits.end());
  return std::max<std::uint64_t>(1, base::ceil_div(most, std::uint64_t{8} * ways));
}

}  // namespace sim::optimus
