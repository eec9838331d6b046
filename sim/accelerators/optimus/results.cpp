#include "sim/accelerators/optimus/results.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/accelerators/optimus/activities.h"
#include "sim/accelerators/optimus/conservation.h"

namespace sim::optimus {
namespace {

using core::Cell;
using core::Headline;
using core::Table;
using workload::Phase;

constexpr std::string_view kLayers = "layers";

std::string phase_name(Phase phase) {
  switch (phase) {
    case Phase::kEncoder:
      return "encoder";
    case Phase::kCross:
      return "cross";
    case Phase::kDecoder:
      return "decoder";
  }
  return "";
}

std::string unit_name(UnitId unit) {
  switch (unit) {
    case UnitId::kEmbedder:
      return "embedder";
    case UnitId::kMacArray:
      return "mac_array";
    case UnitId::kSoftmax:
      return "softmax";
    case UnitId::kAddNorm:
      return "add_norm";
  }
  return "";
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

template <class Counts>
void add_columns(Table& table, std::span<const stats::Field<Counts>> fields,
                 std::string_view suffix = "") {
  for (const auto& f : fields) {
    table.columns.push_back({std::string(f.name) + std::string(suffix), std::string(f.unit),
                             std::string(f.definition)});
  }
}

template <class Counts>
void add_cells(std::vector<Cell>& row, const Counts& counts,
               std::span<const stats::Field<Counts>> fields) {
  for (const auto& f : fields) row.emplace_back(counts.*f.member);
}

// Each table is built by a pair: columns for the dictionary, rows from a machine that has run.

Table layer_columns() {
  Table t{std::string(kLayers), "one row a layer, all its executions together", {}, {}};
  t.columns = {
      {"layer", "", "operator of the model, or operators of one input that ran as one, a+b"},
      {"phase", "", "encoder and cross: once a sentence; decoder: each step"},
      {"unit", "", "unit of the machine that executed it"},
      {"executions", "times", "commands that the sequencer issued for it"},
      {"positions", "tokens", "token positions computed, all executions together"}};
  add_columns(t, unit_cycle_fields());
  t.columns.push_back(
      {"macs", "MACs", "multiply-accumulates of kept weights or attention entries"});
  t.columns.push_back({"dense_equivalent_macs", "MACs", "the same as if every weight were kept"});
  t.columns.push_back({"kept_percent", "%", "weights kept of all weights; empty: no weights"});
  t.columns.push_back({"mac_utilization_percent", "%",
                       "macs / (MACs of the array * busy_cycles); empty: not on the array"});
  add_columns(t, array_event_fields());
  return t;
}

UnitCycles layer_cycles(const Machine& machine, std::size_t i) {
  const Unit* units[] = {&machine.embedder, &machine.mac_array, &machine.softmax,
                         &machine.add_norm};
  return units[static_cast<std::size_t>(machine.context.program.layers[i].unit)]->by_layer()[i];
}

std::uint64_t dense_equivalent(const Machine& machine, std::size_t i) {
  const Layer& layer = machine.context.program.layers[i];
  return machine.mac_array.counts()[i].dense_macs +
         layer.dense_weights * machine.sequencer.tokens()[i];
}

Table layer_table(const Machine& machine, const Config& config) {
  Table t = layer_columns();
  for (std::size_t i = 0; i < machine.context.program.layers.size(); ++i) {
    const Layer& layer = machine.context.program.layers[i];
    const UnitCycles cycles = layer_cycles(machine, i);
    const std::uint64_t macs = machine.mac_array.counts()[i].macs();
    std::vector<Cell> row{layer.name, phase_name(layer.phase), unit_name(layer.unit),
                          machine.sequencer.calls()[i], machine.sequencer.tokens()[i]};
    add_cells(row, cycles, unit_cycle_fields());
    row.emplace_back(macs);
    row.emplace_back(dense_equivalent(machine, i));
    row.push_back(
        core::cell_if(layer.dense_weights > 0, percent(layer.kept_weights, layer.dense_weights)));
    row.push_back(core::cell_if(layer.unit == UnitId::kMacArray,
                                percent(macs, cycles.busy * config.mac_array.macs)));
    add_cells(row, machine.mac_array.events()[i], array_event_fields());
    t.rows.push_back(std::move(row));
  }
  return t;
}

Table stall_columns() {
  Table t{"stalls",
          "where the MAC-cycles of the array went, by layer; the last row is the run",
          {},
          {}};
  t.columns = {{"layer", "", "as in layers.csv; 'no command' while the array had none"}};
  add_columns(t, array_count_fields(), "_mac_cycles");
  t.columns.push_back({"mac_cycles", "MAC-cycles", "sum of the row: MACs * cycles"});
  return t;
}

void add_stall_row(Table& t, std::string name, const ArrayCounts& counts) {
  std::vector<Cell> row{std::move(name)};
  add_cells(row, counts, array_count_fields());
  row.emplace_back(counts.total());
  t.rows.push_back(std::move(row));
}

/// MAC-cycles of a layer by cause; those in which the whole array waited for its inputs included.
ArrayCounts layer_counts(const Machine& machine, const Config& config, std::size_t i) {
  ArrayCounts counts = machine.mac_array.counts()[i];
  counts.barrier += machine.mac_array.by_layer()[i].input_waits * config.mac_array.macs;
  return counts;
}

ArrayCounts counts_without_command(const Machine& machine, const Config& config) {
  return {.barrier = machine.mac_array.cycles().idle * config.mac_array.macs};
}

/// All MAC-cycles of the run: N * cycles.
ArrayCounts run_counts(const Machine& machine, const Config& config) {
  ArrayCounts sum = counts_without_command(machine, config);
  for (std::size_t i = 0; i < machine.mac_array.counts().size(); ++i) {
    stats::add(sum, layer_counts(machine, config, i), array_count_fields());
  }
  return sum;
}

Table stall_table(const Machine& machine, const Config& config) {
  Table t = stall_columns();
  for (std::size_t i = 0; i < machine.context.program.layers.size(); ++i) {
    const Layer& layer = machine.context.program.layers[i];
    if (layer.unit != UnitId::kMacArray) continue;
    add_stall_row(t, layer.name, layer_counts(machine, config, i));
  }
  add_stall_row(t, "no command", counts_without_command(machine, config));
  add_stall_row(t, "total", run_counts(machine, config));
  return t;
}

Table unit_columns() {
  Table t{"units", "one row a unit: where its cycles went", {}, {}};
  t.columns = {{"unit", "", "unit of the machine"}};
  add_columns(t, unit_cycle_fields());
  t.columns.push_back({"cycles", "cycles", "sum of the row: cycles of the run"});
  t.columns.push_back({"busy_percent", "%", "busy_cycles / cycles"});
  return t;
}

void add_unit_row(Table& t, std::string name, const UnitCycles& cycles) {
  std::vector<Cell> row{std::move(name)};
  add_cells(row, cycles, unit_cycle_fields());
  row.emplace_back(cycles.total());
  row.emplace_back(percent(cycles.busy, cycles.total()));
  t.rows.push_back(std::move(row));
}

Table unit_table(const Machine& machine) {
  Table t = unit_columns();
  add_unit_row(t, "mac_array", machine.mac_array.cycles());
  add_unit_row(t, "write_port", machine.write_port.cycles());
  add_unit_row(t, "softmax", machine.softmax.cycles());
  add_unit_row(t, "add_norm", machine.add_norm.cycles());
  add_unit_row(t, "embedder", machine.embedder.cycles());
  return t;
}

Table sentence_columns() {
  Table t{"sentences", "one row a sentence", {}, {}};
  t.columns = {{"sentence", "", "its number in the workload"},
               {"source_tokens", "tokens", "n"},
               {"target_tokens", "tokens", "T: decoding steps, the end of sentence included"},
               {"cycles", "cycles", "latency: from its first command to its last arg-max"},
               {"encoder_cycles", "cycles", "of these, before the first decoding step"},
               {"decoder_cycles", "cycles", "of these, from the first decoding step on"}};
  return t;
}

Table sentence_table(const Machine& machine) {
  Table t = sentence_columns();
  for (const SentenceTiming& s : machine.sequencer.timings()) {
    t.rows.push_back({std::uint64_t{s.lengths.index}, std::uint64_t{s.lengths.source_tokens},
                      std::uint64_t{s.lengths.target_tokens}, s.end - s.begin,
                      s.decoder_begin - s.begin, s.end - s.decoder_begin});
  }
  return t;
}

struct Totals {
  std::uint64_t cycles = 0;
  std::uint64_t sentences = 0;
  std::uint64_t target_tokens = 0;
  std::uint64_t macs = 0;
  std::uint64_t dense_equivalent = 0;
  std::uint64_t array_macs = 0;
  std::uint64_t array_busy = 0;
};

Totals totals_of(const Machine& machine, const Config& config, std::uint64_t cycles) {
  Totals t;
  t.cycles = cycles;
  t.array_macs = config.mac_array.macs;
  t.array_busy = machine.mac_array.cycles().busy;
  for (const SentenceTiming& s : machine.sequencer.timings()) {
    ++t.sentences;
    t.target_tokens += s.lengths.target_tokens;
  }
  for (std::size_t i = 0; i < machine.context.program.layers.size(); ++i) {
    t.macs += machine.mac_array.counts()[i].macs();
    t.dense_equivalent += dense_equivalent(machine, i);
  }
  return t;
}

std::vector<Headline> headlines(const Totals& t) {
  return {
      {{"cycles", "cycles", "clock cycles from the first command to the last arg-max"}, t.cycles},
      {{"sentences", "sentences", "sentences translated, one after the other"}, t.sentences},
      {{"target_tokens", "tokens", "decoding steps of all sentences"}, t.target_tokens},
      {{"cycles_per_sentence", "cycles", "mean latency of a sentence: cycles / sentences"},
       ratio(t.cycles, t.sentences)},
      {{"cycles_per_target_token", "cycles", "cycles / target_tokens"},
       ratio(t.cycles, t.target_tokens)},
      {{"sentences_per_cycle", "sentences/cycle", "throughput: sentences / cycles"},
       ratio(t.sentences, t.cycles)},
      {{"target_tokens_per_cycle", "tokens/cycle", "throughput: target_tokens / cycles"},
       ratio(t.target_tokens, t.cycles)},
      {{"macs", "MACs", "multiply-accumulates of kept weights and attention entries"}, t.macs},
      {{"dense_equivalent_macs", "MACs", "the same as if every weight were kept"},
       t.dense_equivalent},
      {{"mac_utilization_percent", "%", "macs / (MACs of the array * cycles)"},
       percent(t.macs, t.array_macs * t.cycles)},
      {{"busy_mac_utilization_percent", "%",
        "macs / (MACs of the array * cycles in which it was busy)"},
       percent(t.macs, t.array_macs * t.array_busy)},
      {{"operations_per_cycle", "ops/cycle", "2 * macs / cycles: useful operations only"},
       2 * ratio(t.macs, t.cycles)},
      {{"dense_equivalent_operations_per_cycle", "ops/cycle", "2 * dense_equivalent_macs / cycles"},
       2 * ratio(t.dense_equivalent, t.cycles)},
  };
}

/// What the counters of a run are made of; all zero for the dictionary.
struct UnitTotals {
  UnitCycles mac_array, write_port, softmax, add_norm, embedder;
  ArrayCounts counts;
  ArrayEvents events;
  EmbeddingEvents embedding;
};

UnitTotals unit_totals(const Machine& machine, const Config& config) {
  UnitTotals t{.mac_array = machine.mac_array.cycles(),
               .write_port = machine.write_port.cycles(),
               .softmax = machine.softmax.cycles(),
               .add_norm = machine.add_norm.cycles(),
               .embedder = machine.embedder.cycles(),
               .counts = run_counts(machine, config),
               .events = {},
               .embedding = machine.embedder.events()};
  for (const ArrayEvents& e : machine.mac_array.events()) {
    stats::add(t.events, e, array_event_fields());
  }
  return t;
}

stats::Tree tree_of(const UnitTotals& totals) {
  stats::Tree tree;
  const auto add = [&](std::string name, const UnitCycles& cycles) {
    tree.units.push_back({std::move(name), {}});
    stats::append(tree.units.back(), cycles, unit_cycle_fields());
  };
  add("mac_array", totals.mac_array);
  stats::append(tree.units.back(), totals.counts, array_count_fields());
  stats::append(tree.units.back(), totals.events, array_event_fields());
  add("write_port", totals.write_port);
  add("softmax", totals.softmax);
  add("add_norm", totals.add_norm);
  add("embedder", totals.embedder);
  stats::append(tree.units.back(), totals.embedding, embedding_event_fields());
  return tree;
}

core::Roofline roofline(const UnitTotals& totals, std::uint64_t written, const Config& config) {
  const bool tables_in_dram = config.memories.embedding_store == EmbeddingStore::kDram;
  const std::uint64_t dram_bytes =
      totals.events.dram_bytes + (tables_in_dram ? totals.embedding.table_bytes : 0);
  core::Roofline r{
      .work_unit = "ops",
      .work = 2 * totals.counts.macs(),
      .peak_per_cycle = 2 * std::uint64_t{config.mac_array.macs},
      .links = {{"input_window", "elements", totals.events.window_loads,
                 config.window.load_width_elements_per_cycle},
                {"kv_store", "elements", totals.events.kv_reads, config.kv_port()},
                {"write_port", "elements", written, config.post.output_width_elements_per_cycle},
                {"dram", "bytes", dram_bytes, config.memories.dram_bytes_per_cycle}}};
  std::erase_if(r.links, [](const core::Link& link) { return link.amount == 0; });
  return r;
}

}  // namespace

core::RunResult collect(const Machine& machine, const Config& config) {
  const auto& timings = machine.sequencer.timings();
  core::RunResult result;
  result.cycles = timings.empty() ? 0 : timings.back().end;
  check_conservation(machine, config, result.cycles);
  result.headlines = headlines(totals_of(machine, config, result.cycles));
  result.tables = {layer_table(machine, config), unit_table(machine), stall_table(machine, config),
                   sentence_table(machine)};
  const UnitTotals totals = unit_totals(machine, config);
  result.stats = tree_of(totals);
  result.roofline = roofline(totals, machine.write_port.elements(), config);
  result.activities = activities(machine, config);
  result.static_parts = static_parts(machine, config, result.cycles);
  return result;
}

core::RunResult describe_results() {
  core::RunResult result;
  result.headlines = headlines({});
  result.tables = {layer_columns(), unit_columns(), stall_columns(), sentence_columns()};
  result.stats = tree_of({});
  return result;
}

}  // namespace sim::optimus
