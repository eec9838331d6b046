#include "sim/accelerators/optimus/memory_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "sim/accelerators/optimus/capacity.h"
#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/accelerators/optimus/local_window.h"
#include "sim/accelerators/optimus/memory_shapes.h"

namespace sim::optimus {
namespace {

using energy::MemoryShape;

double kib(std::uint64_t bytes) { return static_cast<double>(bytes) / 1024; }

StoreNeeds needs_of_longest(const RunRecord& record, const Program& program, const Config& config) {
  std::uint32_t source = 0;
  std::uint32_t target = 0;
  for (const SentenceTiming& s : record.sentences) {
    source = std::max(source, s.lengths.source_tokens);
    target = std::max(target, s.lengths.target_tokens);
  }
  return store_needs(program, config, source, target);
}

class Rows {
 public:
  explicit Rows(core::Table& table) : table_(table) {}

  /// `needed`: bytes of a bank that the workload takes; none: not counted.
  void add(const char* memory, const MemoryShape& shape, std::optional<double> needed,
           std::string sized_by) {
    table_.rows.push_back({std::string(memory), shape.banks, kib(shape.bank_bytes),
                           kib(shape.bank_bytes * shape.banks), std::uint64_t{shape.width_bits},
                           std::uint64_t{shape.access_cycles},
                           core::cell_if(needed.has_value(), needed.value_or(0) / 1024),
                           std::move(sized_by)});
  }

 private:
  core::Table& table_;
};

std::string of_weights(const Memories& m) {
  if (!m.streamed()) return "the weights of the fullest bank";
  return m.prefetch_weights ? "the weights of the fullest bank for two passes"
                            : "the weights of the fullest bank for a pass";
}

std::string key_or(const char* key, std::uint32_t value, std::string automatic) {
  return value > 0 ? fmt::format("optimus.{}", key) : std::move(automatic);
}

void add_windows(Rows& rows, const RunRecord& record, const Config& config) {
  const std::uint64_t tokens = record.tile_tokens();
  const std::uint32_t bits = config.precision.activation_bits;
  const auto add = [&](const char* memory, const char* key, std::uint64_t columns,
                       std::uint64_t banks) {
    if (columns == 0) return;
    const std::uint64_t bytes = base::ceil_div(columns * tokens * bits, 8);
    rows.add(memory, {.bank_bytes = bytes, .width_bits = bits, .banks = banks}, {},
             fmt::format("optimus.input_window.{} x {} tokens of the largest tile", key, tokens));
  };
  const bool two = config.window.scope == WindowScope::kTwoLevel;
  add("input_window", "columns", shared_depth(config.window), 1);
  add("set_windows", two ? "local_columns" : "columns", local_depth(config.window),
      config.mac_array.sets());
}

void add_weights(Rows& rows, const Program& program, const Config& config) {
  const Memories& m = config.memories;
  rows.add("weight_banks", weight_banks(program, config),
           static_cast<double>(program.list_banks.weight_bytes),
           key_or("memories.weight_bank_kib", m.weight_bank_kib, of_weights(m)));
  if (column_banks_of_list(config) == 0) return;
  const MemoryShape marks = column_banks(program, config);
  rows.add("column_banks", marks, static_cast<double>(program.list_banks.column_bytes),
           key_or("memories.column_bank_kib", m.column_bank_kib, of_weights(m)));
}

void add_stores(Rows& rows, const StoreNeeds& needs, const Program& program, const Config& config) {
  rows.add("global_buffer", global_buffer(config), static_cast<double>(needs.global_buffer),
           "optimus.memories.global_buffer_kib");
  const MemoryShape store = kv_store(config);
  rows.add("kv_store", store,
           static_cast<double>(needs.kv_store) / static_cast<double>(store.banks),
           "optimus.memories.kv_store_kib");
  if (config.memories.embedding_store != EmbeddingStore::kOnChip) return;
  const MemoryShape tables = embedding_memory(program, config);
  rows.add(
      "embedding_store", tables,
      static_cast<double>(embedding_bytes(program, config)) / static_cast<double>(tables.banks),
      key_or("memories.embedding_kib", config.memories.embedding_kib,
             "the token and position tables"));
}

}  // namespace

core::Table memory_columns() {
  core::Table t{
      "memories", "one row an on-chip memory: how large it is and what decides that", {}, {}};
  t.columns = {
      {"memory", "", "input_window and set_windows are registers, the others priced as memories"},
      {"banks", "banks", "equal banks, each with a port of its own"},
      {"bank_kib", "KiB", "size of a bank"},
      {"total_kib", "KiB", "of all banks"},
      {"width_bits", "bits", "of an access"},
      {"access_cycles", "cycles", "clock periods that an access may take"},
      {"needed_kib", "KiB",
       "what the workload takes of the fullest bank; of kv_store and embedding_store of a bank on "
       "average; empty: not counted"},
      {"sized_by", "", "the key that says how large it is, or else what of the workload does"}};
  return t;
}

core::Table memory_table(const RunRecord& record, const Program& program, const Config& config) {
  core::Table table = memory_columns();
  Rows rows(table);
  add_weights(rows, program, config);
  rows.add("accumulators", accumulator_files(config), {}, "optimus.mac_array.accumulators_per_mac");
  add_windows(rows, record, config);
  add_stores(rows, needs_of_longest(record, program, config), program, config);
  return table;
}

AutomaticSizes AutomaticSizes::of(const Program& program, const Config& config) {
  const bool tables = config.memories.embedding_store == EmbeddingStore::kOnChip;
  const MemoryShape store = tables ? embedding_memory(program, config) : MemoryShape{};
  return {.weight_bank_kib = kib(weight_banks(program, config).bank_bytes),
          .embedding_store_kib = kib(store.bank_bytes * store.banks),
          .kv_port_elements_per_cycle = config.kv_port()};
}

std::vector<core::Headline> AutomaticSizes::headlines() const {
  return {{{"weight_bank_kib", "KiB", "weight bank of each MAC, also where its key says 0"},
           weight_bank_kib},
          {{"embedding_store_kib", "KiB",
            "on-chip store of token and position tables, also where its key says 0; 0: none"},
           embedding_store_kib},
          {{"kv_port_elements_per_cycle", "elements/cycle",
            "elements of K or V that can be read in a cycle, also where the key says 0"},
           kv_port_elements_per_cycle}};
}

}  // namespace sim::optimus
