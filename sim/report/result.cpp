#include "sim/report/result.h"

#include <fmt/format.h>

#include "sim/report/derived.h"
#include "sim/report/text.h"
#include "sim/report/timeline.h"

namespace sim::report {
namespace {

using Json = nlohmann::ordered_json;

Json split_json(const energy::Split& split) {
  return {{"total_pj", split.total_pj()},
          {"dynamic_pj", split.dynamic_pj},
          {"clock_pj", split.clock_pj},
          {"leakage_pj", split.leakage_pj}};
}

Json counters_json(const stats::Tree& tree) {
  Json json = Json::object();
  for (const auto& unit : tree.units) {
    Json& counters = json[unit.unit] = Json::object();
    for (const auto& c : unit.counters) counters[c.name] = c.value;
  }
  return json;
}

Json roofline_json(const core::Roofline& r) {
  Json links = Json::array();
  for (const core::Link& link : r.links) {
    links.push_back({{"name", link.name},
                     {"unit", link.unit},
                     {"amount", link.amount},
                     {"peak_per_cycle", link.peak_per_cycle}});
  }
  return {{"work_unit", r.work_unit},
          {"work", r.work},
          {"peak_per_cycle", r.peak_per_cycle},
          {"links", links}};
}

Json options_json(const Run& run) {
  Json json = {{"values", run.options.values}};
  json["seed"] = run.seed ? Json(*run.seed) : Json(nullptr);
  json["max_cycles"] = run.options.max_cycles ? Json(*run.options.max_cycles) : Json(nullptr);
  return json;
}

std::string summary(const Run& run) {
  return json_text(
      {{"schema", kResultSchema},
       {"tool",
        {{"name", "lockstep"}, {"version", run.tool_version}, {"revision", run.tool_revision}}},
       {"accelerator", run.accelerator},
       {"workload_description", run.workload_description},
       {"options", options_json(run)},
       {"metrics", metrics_of(run)},
       {"bands", bands_of(run)},
       {"energy", energy_of(run)},
       {"counters", counters_json(run.result.stats)},
       {"roofline", run.result.roofline ? roofline_json(*run.result.roofline) : Json(nullptr)},
       {"notes", run.result.notes},
       {"architecture", run.architecture},
       {"workload", run.workload}});
}

std::string cells_of(const energy::Item& item) {
  if (!item.memory) return {};
  return std::string(item.cells ? energy::cells_name(*item.cells) : "flip_flops");
}

std::vector<core::Cell> energy_row(const energy::Item& i) {
  const bool memory = i.memory.has_value();
  const energy::MemoryShape shape = i.memory.value_or(energy::MemoryShape{});
  return {i.unit,
          i.counter,
          i.event,
          std::string(energy::part_name(i.part)),
          i.count,
          i.pj_each,
          i.pj_total,
          std::uint64_t{i.width_bits},
          core::cell_if(memory, static_cast<double>(shape.bank_bytes) / 1024),
          core::cell_if(memory, shape.banks),
          core::cell_if(memory, std::uint64_t{shape.access_cycles}),
          cells_of(i),
          core::cell_if(i.voltage_v > 0, i.voltage_v),
          core::cell_if(i.node_nm > 0, std::uint64_t{i.node_nm}),
          core::cell_if(i.scaled_from_nm > 0, std::uint64_t{i.scaled_from_nm}),
          core::cell_if(i.wire_mm.has_value(), i.wire_mm.value_or(0)),
          std::uint64_t{i.estimated},
          i.source};
}

}  // namespace

Json energy_of(const Run& run) {
  Json json = split_json(run.energy.total);
  json["node_nm"] = run.energy_node_nm > 0 ? Json(run.energy_node_nm) : Json();  // null: mixed
  json["units"] = Json::object();
  for (const auto& u : run.energy.units) json["units"][u.unit] = split_json(u.energy);
  return json;
}

Json metrics_of(const Run& run) {
  Json json = Json::object();
  const auto put = [&json](const core::Headline& h) {
    json[h.metric.name] = {{"value", cell_json(h.value)}, {"unit", h.metric.unit}};
  };
  for (const auto& h : run.result.headlines) put(h);
  for (const auto& h : derived_metrics(run)) put(h);
  return json;
}

core::Table energy_table(const energy::Estimate& estimate) {
  core::Table table{
      .name = "energy",
      .definition = "every price paid: energy = count x energy of one event of the table",
      .columns = {{"unit", "", "unit of the machine"},
                  {"counter", "", "what was counted"},
                  {"event", "", "row of the energy table"},
                  {"part", "", "dynamic, clock or leakage"},
                  {"count", "events", "number of events; for leakage, banks or bits times cycles"},
                  {"pj_each", "pJ", "energy of one event"},
                  {"pj_total", "pJ", "count x pj_each"},
                  {"width_bits", "bits", "width of the row, or of a word of the memory"},
                  {"bank_kib", "KiB", "size of one bank of the memory; empty: not a memory"},
                  {"banks", "", "banks of the memory"},
                  {"access_cycles", "cycles", "clock periods that an access to it may take"},
                  {"cells", "", "its transistors: lstp, lstp_hp or hp; flip_flops: below 64 bytes"},
                  {"voltage_v", "V", "supply voltage of the row; empty: off chip"},
                  {"node_nm", "nm", "technology node of the row; empty: off chip"},
                  {"scaled_from_nm", "nm",
                   "node of the published figure that was scaled; empty: a figure of node_nm"},
                  {"wire_mm", "mm", "length of the wires that each bit passes; empty: no wires"},
                  {"estimated", "", "1: the count rests on an estimate; 0: what the machine has"},
                  {"source", "", "publication of the figure"}},
      .rows = {}};
  for (const auto& item : estimate.items) table.rows.push_back(energy_row(item));
  return table;
}

Json bands_of(const Run& run) {
  Json json = Json::object();
  for (const auto& h : derived_metrics(run)) {
    if (h.band) json[h.metric.name] = {{"low", h.band->low}, {"high", h.band->high}};
  }
  return json;
}

std::vector<File> result_files(const Run& run) {
  std::vector<File> files = {{"summary.json", summary(run)}};
  for (const auto& table : run.result.tables) files.push_back({table.name + ".csv", csv(table)});
  files.push_back({"energy.csv", csv(energy_table(run.energy))});
  if (run.options.timeline) {
    files.push_back({"timeline.json", timeline_json(run.accelerator, run.result.timeline)});
  }
  return files;
}

Json host_json(const Host& host) {
  const double rate = host.seconds > 0 ? static_cast<double>(host.cycles) / host.seconds : 0;
  return {{"engine", core::name_of(host.engine)},
          {"host_seconds", host.seconds},
          {"simulated_cycles_per_second", rate},
          {"command_line", host.command_line}};
}

}  // namespace sim::report
