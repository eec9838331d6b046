#include "sim/accelerators/optimus/results.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "sim/accelerators/optimus/activities.h"
#include "sim/accelerators/optimus/bank_load.h"
#include "sim/accelerators/optimus/conservation.h"
#include "sim/accelerators/optimus/dram_results.h"
#include "sim/accelerators/optimus/memory_table.h"
#include "sim/accelerators/optimus/static_parts.h"
#include "sim/core/ratios.h"
#include "sim/core/unit_record.h"

namespace sim::optimus {
namespace {

using core::Cell;
using core::Headline;
using core::Table;
using workload::Phase;

constexpr const char* kSkippedMacs = "skipped_macs";

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

/// Whether anything depends on how many tokens a sentence has.
bool has_sentences(const Program& program) {
  return std::ranges::any_of(program.layers, [](const Layer& layer) {
    return layer.shape.rows != workload::OutputShape::Rows::kFixed;
  });
}

std::string phase_of(const Layer& layer, bool sentences) {
  if (layer.vectors > 0) return "product";
  return sentences ? phase_name(layer.phase) : "sample";
}

Table layer_columns() {
  Table t{"layers", "one row a layer, all its executions together", {}, {}};
  t.columns = {
      {"layer", "", "operator of the model, or operators of one input that ran as one, a+b"},
      {"phase", "",
       "encoder and cross: once a sentence; decoder: each step; sample: once a set of input "
       "tensors; product: a matrix by itself"},
      {"unit", "", "unit of the machine that executed it"},
      {"executions", "times", "commands that the sequencer issued for it"},
      {"positions", "tokens", "token positions computed, all executions together"}};
  core::add_columns(t, unit_cycle_fields());
  t.columns.push_back(
      {"macs", "MACs", "multiply-accumulates of kept weights or attention entries"});
  t.columns.push_back({"dense_equivalent_macs", "MACs", "the same as if every weight were kept"});
  t.columns.push_back({"kept_percent", "%", "weights kept of all weights; empty: no weights"});
  t.columns.push_back({"mac_utilization_percent", "%",
                       "macs / (MACs of the array * busy_cycles); empty: not on the array"});
  core::add_columns(t, array_event_fields());
  t.columns.push_back({"pass_rows", "rows", "most rows of a set in a pass; empty: no weights"});
  t.columns.push_back({"tile_tokens", "tokens", "most tokens of a pass; empty: no weights"});
  return t;
}

std::uint64_t dense_equivalent(const Layer& layer, const LayerRecord& record) {
  return record.counts.dense_macs + layer.dense_weights * record.tokens;
}

std::vector<Cell> layer_row(const Layer& layer, const LayerRecord& record, std::uint64_t array,
                            bool sentences) {
  const std::uint64_t macs = record.counts.macs();
  std::vector<Cell> row{layer.name, phase_of(layer, sentences), std::string(name_of(layer.unit)),
                        record.executions, record.tokens};
  core::add_cells(row, record.cycles, unit_cycle_fields());
  row.emplace_back(macs);
  row.emplace_back(dense_equivalent(layer, record));
  row.push_back(core::cell_if(layer.dense_weights > 0,
                              core::percent(layer.kept_weights, layer.dense_weights)));
  row.push_back(core::cell_if(layer.unit == UnitId::kMacArray,
                              core::percent(macs, record.cycles.busy * array)));
  core::add_cells(row, record.events, array_event_fields());
  const bool sparse = layer.matrix != nullptr;
  row.push_back(core::cell_if(sparse, std::uint64_t{sparse ? layer.matrix->most_slots() : 0}));
  row.push_back(core::cell_if(sparse, std::uint64_t{record.tile_tokens}));
  return row;
}

Table layer_table(const RunRecord& record, const Program& program, const Config& config) {
  Table t = layer_columns();
  const bool sentences = has_sentences(program);
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    t.rows.push_back(
        layer_row(program.layers[i], record.layers[i], config.mac_array.macs, sentences));
  }
  return t;
}

Table stall_columns() {
  Table t{"stalls",
          "where the MAC-cycles of the array went, by layer; the last row is the run",
          {},
          {}};
  t.columns = {{"layer", "", "as in layers.csv; 'no command' while the array had none"}};
  core::add_columns(t, array_count_fields(), "_mac_cycles");
  t.columns.push_back({"mac_cycles", "MAC-cycles", "sum of the row: MACs * cycles"});
  return t;
}

void add_stall_row(Table& t, std::string name, const ArrayCounts& counts) {
  std::vector<Cell> row{std::move(name)};
  core::add_cells(row, counts, array_count_fields());
  row.emplace_back(counts.total());
  t.rows.push_back(std::move(row));
}

/// MAC-cycles of a layer by cause; those in which the whole array waited for its inputs included.
ArrayCounts layer_counts(const Layer& layer, const LayerRecord& record, std::uint64_t macs) {
  ArrayCounts counts = record.counts;
  if (layer.unit == UnitId::kMacArray) counts.barrier += record.cycles.input_waits * macs;
  return counts;
}

ArrayCounts counts_without_command(const RunRecord& record, std::uint64_t macs) {
  return {.barrier = record.unit(UnitId::kMacArray).cycles.idle * macs};
}

/// All MAC-cycles of the run: N * cycles.
ArrayCounts run_counts(const RunRecord& record, const Program& program, std::uint64_t macs) {
  ArrayCounts sum = counts_without_command(record, macs);
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    stats::add(sum, layer_counts(program.layers[i], record.layers[i], macs), array_count_fields());
  }
  return sum;
}

Table stall_table(const RunRecord& record, const Program& program, const Config& config) {
  const std::uint64_t macs = config.mac_array.macs;
  Table t = stall_columns();
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    if (layer.unit != UnitId::kMacArray) continue;
    add_stall_row(t, layer.name, layer_counts(layer, record.layers[i], macs));
  }
  add_stall_row(t, "no command", counts_without_command(record, macs));
  add_stall_row(t, "total", run_counts(record, program, macs));
  return t;
}

Table sentence_columns(bool prompts) {
  Table t{"sentences", "one row a sentence", {}, {}};
  t.columns = {{"sentence", "", "its number in the workload"},
               {"source_tokens", "tokens", "n; where an answer is decoded, of its prompt"},
               {"target_tokens", "tokens", "T: decoding steps, the end of sentence included"},
               {"cycles", "cycles", "latency: from its first command to its last result"},
               {"encoder_cycles", "cycles", "of these, before the first decoding step"},
               {"decoder_cycles", "cycles", "of these, from the first decoding step on"}};
  if (!prompts) return t;
  t.columns.push_back({"first_token_cycles", "cycles",
                       "of these, the first decoding step, which computes the whole prompt; there "
                       "if the network is a decoder"});
  return t;
}

Table sentence_table(const RunRecord& record, bool prompts) {
  Table t = sentence_columns(prompts);
  for (const SentenceTiming& s : record.sentences) {
    t.rows.push_back({std::uint64_t{s.lengths.index}, std::uint64_t{s.lengths.source_tokens},
                      std::uint64_t{s.lengths.target_tokens}, s.end - s.begin,
                      s.decoder_begin - s.begin, s.end - s.decoder_begin});
    if (prompts) t.rows.back().emplace_back(s.first_token - s.decoder_begin);
  }
  return t;
}

Table product_columns() {
  Table t{"products", "one row a matrix that is multiplied by itself, in their order", {}, {}};
  t.columns = {{"product", "", "its name in the workload; a layer of layers.csv"},
               {"rows", "rows", "outputs of a vector"},
               {"columns", "columns", "inputs of a vector"},
               {"vectors", "vectors", "that it multiplies"},
               {"kept_percent", "%", "weights kept of all weights"},
               {"macs", "MACs", "multiply-accumulates"},
               {"skipped_macs", "MACs", "kept weights left out for their zero inputs"},
               {"cycles", "cycles", "from its command until its last result is written"}};
  return t;
}

Table product_table(const RunRecord& record, const Program& program) {
  Table t = product_columns();
  for (const SentenceTiming& timing : record.sentences) {
    const Layer& layer = program.layers[timing.lengths.index];
    const LayerRecord& counted = record.layers[timing.lengths.index];
    t.rows.push_back({layer.name, std::uint64_t{layer.outputs}, std::uint64_t{layer.columns},
                      std::uint64_t{layer.vectors},
                      core::percent(layer.kept_weights, layer.dense_weights), counted.counts.macs(),
                      counted.skipped_macs, timing.end - timing.begin});
  }
  return t;
}

struct Totals {
  std::uint64_t cycles = 0;
  std::uint64_t sentences = 0;
  std::uint64_t source_tokens = 0;
  std::uint64_t target_tokens = 0;
  std::uint64_t vectors = 0;  // of products by themselves
  std::uint64_t macs = 0;
  std::uint64_t skipped_macs = 0;
  std::uint64_t dense_equivalent = 0;
  std::uint64_t array_macs = 0;
  std::uint64_t array_busy = 0;
};

Totals totals_of(const RunRecord& record, const Program& program, const Config& config) {
  Totals t;
  t.cycles = record.cycles;
  t.array_macs = config.mac_array.macs;
  t.array_busy = record.unit(UnitId::kMacArray).cycles.busy;
  t.macs = record.counts().macs();
  for (const SentenceTiming& s : record.sentences) {
    ++t.sentences;
    t.source_tokens += s.lengths.source_tokens;
    t.target_tokens += s.lengths.target_tokens;
  }
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    t.dense_equivalent += dense_equivalent(program.layers[i], record.layers[i]);
    t.skipped_macs += record.layers[i].skipped_macs;
    t.vectors += program.layers[i].vectors * record.layers[i].executions;
  }
  return t;
}

Headline cycles_of(const Totals& t) {
  return {{"cycles", "cycles", "clock cycles from the first command to the last arg-max or result"},
          t.cycles};
}

/// Which metrics there are.
struct Ran {
  bool sentences = true;
  bool decoded = true;  // tokens were chosen
  bool only_read = true;
  bool products = true;

  static Ran of(const Program& program) {
    const bool decodes = std::ranges::count(program.layers, Phase::kDecoder, &Layer::phase) > 0;
    return {!program.products, !program.products && decodes, has_sentences(program) && !decodes,
            program.products};
  }
};

std::vector<Headline> sentence_headlines(const Totals& t, const Ran& ran) {
  std::vector<Headline> lines;
  const auto add = [&](bool there, core::Metric metric, auto value) {
    if (there) lines.push_back({std::move(metric), value});
  };
  add(true, {"sentences", "sentences", "sentences worked on, one after the other"}, t.sentences);
  add(ran.only_read, {"source_tokens", "tokens", "of all sentences, where nothing is decoded"},
      t.source_tokens);
  add(ran.decoded, {"target_tokens", "tokens", "decoding steps of all sentences"}, t.target_tokens);
  add(true, {"cycles_per_sentence", "cycles", "mean latency of a sentence: cycles / sentences"},
      core::ratio(t.cycles, t.sentences));
  add(ran.decoded, {"cycles_per_target_token", "cycles", "cycles / target_tokens"},
      core::ratio(t.cycles, t.target_tokens));
  add(true, {"sentences_per_cycle", "sentences/cycle", "throughput: sentences / cycles"},
      core::ratio(t.sentences, t.cycles));
  add(ran.decoded,
      {"target_tokens_per_cycle", "tokens/cycle", "throughput: target_tokens / cycles"},
      core::ratio(t.target_tokens, t.cycles));
  return lines;
}

std::vector<Headline> product_headlines(const Totals& t) {
  return {{{"products", "products", "matrices multiplied by themselves, one after the other"},
           t.sentences},
          {{"vectors", "vectors", "that the products' matrices multiplied"}, t.vectors},
          {{"cycles_per_vector", "cycles", "cycles / vectors"}, core::ratio(t.cycles, t.vectors)}};
}

Headline skipped_of(const Totals& t) {
  return {{kSkippedMacs, "MACs",
           "multiply-accumulates of kept weights that a machine with skip_zero_inputs left out"},
          t.skipped_macs};
}

std::vector<Headline> work_headlines(const Totals& t) {
  return {
      {{"macs", "MACs", "multiply-accumulates of kept weights and attention entries"}, t.macs},
      {{"dense_equivalent_macs", "MACs", "the same as if every weight were kept"},
       t.dense_equivalent},
      {{"mac_utilization_percent", "%", "macs / (MACs of the array * cycles)"},
       core::percent(t.macs, t.array_macs * t.cycles)},
      {{"busy_mac_utilization_percent", "%",
        "macs / (MACs of the array * cycles in which it was busy)"},
       core::percent(t.macs, t.array_macs * t.array_busy)},
      {{"operations_per_cycle", "ops/cycle", "2 * macs / cycles: useful operations only"},
       2 * core::ratio(t.macs, t.cycles)},
      {{"dense_equivalent_operations_per_cycle", "ops/cycle", "2 * dense_equivalent_macs / cycles"},
       2 * core::ratio(t.dense_equivalent, t.cycles)},
  };
}

void append(std::vector<Headline>& all, std::vector<Headline> more) {
  for (Headline& h : more) all.push_back(std::move(h));
}

/// Those of what the machine ran; for describing results, all.
std::vector<Headline> headlines(const Totals& t, const Program& program, const Config& config,
                                bool all) {
  const Ran ran = all ? Ran{} : Ran::of(program);
  std::vector<Headline> lines = {cycles_of(t)};
  if (ran.sentences) append(lines, sentence_headlines(t, ran));
  if (ran.products) append(lines, product_headlines(t));
  append(lines, work_headlines(t));
  if (all || config.mac_array.skip_zero_inputs) lines.push_back(skipped_of(t));
  return lines;
}

std::vector<core::UnitRecord> units_of(const RunRecord& record, const Program& program,
                                       const Config& config) {
  std::vector<core::UnitRecord> units = unit_records(record);
  const auto counters = [&](UnitId id) -> auto& { return units[index_of(id)].counters; };
  stats::append(counters(UnitId::kMacArray), run_counts(record, program, config.mac_array.macs),
                array_count_fields());
  stats::append(counters(UnitId::kMacArray), record.events(), array_event_fields());
  stats::append(counters(UnitId::kEmbedder), record.embedding, embedding_event_fields());
  return units;
}

/// A link moves whole bytes: the next one that nothing exceeds.
std::uint64_t whole_dram_peak(const Config& config) {
  if (!config.memories.uses_dram()) return 0;
  return static_cast<std::uint64_t>(std::ceil(dram_peak(config)));
}

core::Roofline roofline(const RunRecord& record, const Config& config) {
  const ArrayEvents events = record.events();
  const std::uint64_t dram_bytes = record.dram ? record.dram->dram.read_bytes : 0;
  core::Roofline r{.work_unit = "ops",
                   .work = 2 * record.counts().macs(),
                   .peak_per_cycle = 2 * std::uint64_t{config.mac_array.macs},
                   .links = {{"input_window", "elements", events.window_loads,
                              config.window.load_width_elements_per_cycle},
                             {"kv_store", "elements", events.kv_reads, config.kv_port()},
                             {"write_port", "elements", record.unit(UnitId::kWritePort).elements,
                              config.post.output_width_elements_per_cycle},
                             {"dram", "bytes", dram_bytes, whole_dram_peak(config)}}};
  std::erase_if(r.links, [](const core::Link& link) { return link.amount == 0; });
  return r;
}

Table link_table(const Program& program) {
  Table t{"links", "one row for each result that a layer reads of another", {}, {}};
  t.columns = {{"layer", "", "that reads, as in layers.csv"}, {"reads", "", "whose results"}};
  for (const Layer& layer : program.layers) {
    const std::set<std::uint32_t> inputs(layer.inputs.begin(), layer.inputs.end());
    for (const std::uint32_t input : inputs) {
      t.rows.push_back({layer.name, program.layers[input].name});
    }
  }
  return t;
}

/// How large the machine turned out to be: sizes, and memories.csv.
struct Sizes {
  AutomaticSizes automatic;
  Table memories;
};

/// units.csv: what reads from DRAM behind the units of the pipeline.
Table unit_table(std::vector<core::UnitRecord> units, const RunRecord& record,
                 const Config& config) {
  if (record.dram) {
    for (auto& u : dram_cycle_records(*record.dram, config)) units.push_back(std::move(u));
  }
  return core::unit_table(units);
}

/// What is counted whatever the energy.
core::RunResult counted(const RunRecord& record, const Program& program, const Config& config,
                        Sizes sizes, bool all = false) {
  std::vector<core::UnitRecord> units = units_of(record, program, config);
  core::RunResult result;
  result.cycles = record.cycles;
  result.headlines = headlines(totals_of(record, program, config), program, config, all);
  for (Headline& h : sizes.automatic.headlines()) result.headlines.push_back(std::move(h));
  result.tables = {layer_table(record, program, config), unit_table(units, record, config),
                   stall_table(record, program, config)};
  if (all || !program.products) {
    result.tables.push_back(sentence_table(record, all || program.prompts));
    result.tables.push_back(link_table(program));
  }
  if (all || program.products) result.tables.push_back(product_table(record, program));
  result.tables.push_back(std::move(sizes.memories));
  if (record.dram) {
    result.tables.push_back(dram_table(*record.dram, config));
    units.push_back(dma_record(*record.dram));
    units.push_back(dram_record(*record.dram));
  }
  result.stats = core::tree_of(units);
  return result;
}

}  // namespace

core::RunResult collect(const RunRecord& record, const Program& program, const Config& config) {
  check_conservation(record, program, config);
  core::RunResult result =
      counted(record, program, config,
              {AutomaticSizes::of(program, config), memory_table(record, program, config)});
  result.roofline = roofline(record, config);
  result.activities = activities(record, program, config);
  result.static_parts = static_parts(record, program, config);
  result.notes = bank_notes(record, program, config);
  return result;
}

std::uint64_t skipped_macs(const core::RunResult& result) {
  const auto found = std::ranges::find(result.headlines, kSkippedMacs,
                                       [](const Headline& h) { return h.metric.name; });
  return found == result.headlines.end() ? 0 : std::get<std::uint64_t>(found->value);
}

core::RunResult describe_results() {
  return core::without_rows(counted({.dram = DramRecord{}}, {}, {}, {{}, memory_columns()}, true));
}

}  // namespace sim::optimus
