#include "sim/report/result.h"

#include <fmt/format.h>

#include "sim/report/derived.h"
#include "sim/report/price_tables.h"
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

Json split_json(const energy::AreaSplit& split) {
  return {{"total_mm2", split.total_mm2()},
          {"sram_mm2", split.sram_mm2},
          {"logic_mm2", split.logic_mm2}};
}

/// Null: mixed.
Json node_json(const Run& run) { return run.node_nm > 0 ? Json(run.node_nm) : Json(); }

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
       {"area", area_of(run)},
       {"counters", counters_json(run.result.stats)},
       {"roofline", run.result.roofline ? roofline_json(*run.result.roofline) : Json(nullptr)},
       {"notes", run.result.notes},
       {"architecture", run.architecture},
       {"workload", run.workload}});
}

}  // namespace

Json energy_of(const Run& run) {
  Json json = split_json(run.energy.total);
  json["node_nm"] = node_json(run);
  json["units"] = Json::object();
  for (const auto& u : run.energy.units) json["units"][u.unit] = split_json(u.energy);
  return json;
}

Json area_of(const Run& run) {
  if (run.area.items.empty()) return nullptr;
  Json json = split_json(run.area.total);
  json["node_nm"] = node_json(run);
  json["units"] = Json::object();
  for (const auto& u : run.area.units) json["units"][u.unit] = split_json(u.area);
  return json;
}

Json metrics_of(const Run& run) {
  Json json = Json::object();
  const auto put = [&json](const core::Headline& h) {
    json[h.metric.name] = {{"value", cell_json(h.value)}, {"unit", h.metric.unit}};
  };
  for (const auto& h : run.result.headlines) put(h);
  for (const auto& h : derived_metrics(run)) put(h);
  for (const auto& h : area_metrics(run)) put(h);
  return json;
}

Json bands_of(const Run& run) {
  Json json = Json::object();
  const auto put = [&json](const core::Headline& h) {
    if (h.band) json[h.metric.name] = {{"low", h.band->low}, {"high", h.band->high}};
  };
  for (const auto& h : derived_metrics(run)) put(h);
  for (const auto& h : area_metrics(run)) put(h);
  return json;
}

std::vector<File> result_files(const Run& run) {
  std::vector<File> files = {{"summary.json", summary(run)}};
  for (const auto& table : run.result.tables) files.push_back({table.name + ".csv", csv(table)});
  files.push_back({"energy.csv", csv(energy_table(run.energy))});
  files.push_back({"area.csv", csv(area_table(run.area))});
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
