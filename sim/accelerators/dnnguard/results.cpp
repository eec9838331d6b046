#include "sim/accelerators/dnnguard/results.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/accelerators/dnnguard/activities.h"
#include "sim/accelerators/dnnguard/conservation.h"
#include "sim/accelerators/dnnguard/layer_counts.h"
#include "sim/core/ratios.h"
#include "sim/core/unit_record.h"

namespace sim::dnnguard {

namespace {

using core::Headline;
using core::Table;

/// What an operator's hardware layers did, one after the other.
struct OperatorRow {
  std::string name;
  Unit unit = Unit::kConvolution;
  std::uint64_t layers = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  LayerCycles cycles{};
  LayerCounts counts{};
  LayerBeats beats{};
};

void add(OperatorRow& row, const LayerRecord& record, const LayerCounts& counts) {
  if (row.layers++ == 0) row.begin = record.begin;
  row.end = record.end;
  row.unit = record.unit;
  stats::add(row.cycles, record.cycles, layer_cycle_fields());
  stats::add(row.counts, counts, layer_count_fields());
  stats::add(row.beats, record.beats, layer_beat_fields());
}

/// Samples run one after the other; their layers are those of the program, again and again.
std::vector<OperatorRow> operator_rows(const Program& program, const RunRecord& record,
                                       const std::vector<LayerCounts>& counts) {
  std::vector<OperatorRow> rows;
  std::size_t next = 0;
  while (next < record.layers.size()) {
    std::size_t layer = 0;
    for (const Job& job : program.jobs) {
      if (rows.empty() || rows.back().name != job.name) rows.push_back({.name = job.name});
      for (std::size_t i = 0; i < job.layers.size(); ++i) {
        add(rows.back(), record.layers[next++], counts[layer++]);
      }
    }
  }
  return rows;
}

std::uint64_t peak(const Config& config) {
  return std::uint64_t{config.array.rows} * config.array.lanes;
}

Table layer_table(const std::vector<OperatorRow>& rows, const Config& config) {
  Table t{"layers", "one row an operator with hardware layers, in the order of execution", {}, {}};
  t.columns = {{"layer", "", "operator; the last of those that are computed together"},
               {"unit", "", "convolution (with SDP behind it), sdp, pdp or cdp"},
               {"hardware_layers", "layers", "into which it is cut"},
               {"begin_cycle", "cycle", "the last enable of its first hardware layer"},
               {"cycles", "cycles", "from there to its interrupt"},
               {"utilization_percent", "%", "macs / (cycles * rows * lanes)"}};
  core::add_columns(t, layer_cycle_fields(), "_cycles");
  core::add_columns(t, layer_count_fields());
  core::add_columns(t, layer_beat_fields());
  for (const OperatorRow& row : rows) {
    const std::uint64_t cycles = row.end - row.begin;
    t.rows.push_back({row.name, std::string(name_of(row.unit)), row.layers, row.begin, cycles,
                      core::percent(row.counts.macs, cycles * peak(config))});
    core::add_cells(t.rows.back(), row.cycles, layer_cycle_fields());
    core::add_cells(t.rows.back(), row.counts, layer_count_fields());
    core::add_cells(t.rows.back(), row.beats, layer_beat_fields());
  }
  return t;
}

Table link_table(const Program& program) {
  Table t{"links", "one row for each result that a layer reads of another", {}, {}};
  t.columns = {{"layer", "", "that reads, as in layers.csv"}, {"reads", "", "whose results"}};
  for (const auto& [layer, read] : program.links) t.rows.push_back({layer, read});
  return t;
}

OperatorRow sum_of(const std::vector<OperatorRow>& rows) {
  OperatorRow sum;
  for (const OperatorRow& row : rows) {
    sum.layers += row.layers;
    stats::add(sum.counts, row.counts, layer_count_fields());
    stats::add(sum.beats, row.beats, layer_beat_fields());
  }
  return sum;
}

std::vector<Headline> headlines(const OperatorRow& sum, const RunRecord& record,
                                const Config& config, std::uint64_t samples) {
  const std::uint64_t beat = config.array.beat_bytes;
  return {
      {{"cycles", "cycles", "from the first enable to the last interrupt"}, record.cycles},
      {{"samples", "samples", "inputs that went through the network"}, samples},
      {{"cycles_per_sample", "cycles", "cycles / samples"}, core::ratio(record.cycles, samples)},
      {{"hardware_layers", "layers", "that the units ran"}, sum.layers},
      {{"macs", "MACs", "products with weights of kernels, those with padding included"},
       sum.counts.macs},
      {{"mac_utilization_percent", "%", "macs / (cycles * rows * lanes)"},
       core::percent(sum.counts.macs, record.cycles * peak(config))},
      {{"read_bytes", "bytes", "read from memory"}, sum.beats.reads() * beat},
      {{"written_bytes", "bytes", "written to memory"}, sum.beats.outputs * beat},
  };
}

core::Roofline roofline(const OperatorRow& sum, const Config& config) {
  const std::uint64_t bytes = (sum.beats.reads() + sum.beats.outputs) * config.array.beat_bytes;
  const auto interval =
      static_cast<std::uint64_t>(config.read_memory().interval(config.array.beat_bytes));
  core::Roofline r{.work_unit = "ops",
                   .work = 2 * sum.counts.macs,
                   .peak_per_cycle = 2 * peak(config),
                   .links = {}};
  const std::uint64_t rate = std::max<std::uint64_t>(1, config.array.beat_bytes / interval);
  if (bytes > 0) r.links.push_back({"memory", "bytes", bytes, rate});
  return r;
}

}  // namespace

core::RunResult collect(const Program& program, const RunRecord& record, const Config& config,
                        std::uint64_t compared_values) {
  const std::vector<LayerCounts> counts = counts_of(program, config);
  check_conservation(program, record, counts, config);
  const std::vector<OperatorRow> rows = operator_rows(program, record, counts);
  const OperatorRow sum = sum_of(rows);
  const std::vector<core::UnitRecord> units = unit_records(record);
  core::RunResult result;
  result.cycles = record.cycles;
  result.headlines = headlines(sum, record, config, program.samples);
  result.headlines.push_back({{"compared_values", "values",
                               "outputs that were compared with the workload's and found equal"},
                              compared_values});
  result.tables = {layer_table(rows, config), core::unit_table(units),
                   core::unit_stall_table(units), link_table(program)};
  result.stats = core::tree_of(units);
  result.activities = activities(sum.counts, sum.beats, config);
  result.static_parts = static_parts(config, record.cycles);
  result.logic_parts = logic_parts(config);
  result.roofline = roofline(sum, config);
  return result;
}

stats::TimelineData timeline_of(const Program& program, const RunRecord& record,
                                const stats::CycleWindow& window) {
  stats::Timeline timeline(window);
  std::size_t next = 0;
  while (next < record.layers.size()) {
    for (const Job& job : program.jobs) {
      for (std::size_t i = 0; i < job.layers.size(); ++i) {
        const LayerRecord& layer = record.layers[next++];
        timeline.span(std::string(name_of(layer.unit)), job.name, layer.begin, layer.end);
      }
    }
  }
  return timeline.take(record.cycles);
}

core::RunResult describe_results() { return core::without_rows(collect({}, {}, {}, 0)); }

}  // namespace sim::dnnguard
