#include "sim/report/dictionary.h"

#include <fmt/format.h>

#include "sim/base/key_doc.h"
#include "sim/report/derived.h"
#include "sim/report/price_tables.h"
#include "sim/report/result.h"

namespace sim::report {
namespace {

constexpr std::string_view kMetricsIntroduction =
    "Every number that a result holds. `lockstep metrics --markdown` writes this page from the "
    "code\n"
    "(`scripts/docs.sh`). Cycles are cycles of the machine's clock, `clock_mhz`, unless a row "
    "says\n"
    "otherwise. A headline counted in cycles is also printed as time, one per cycle as a rate.\n";
constexpr std::string_view kKeysIntroduction =
    "Every key that a file may hold. `lockstep keys --markdown` writes this page from the readers\n"
    "themselves (`scripts/docs.sh`). A key that no reader reads is an error, and so is one given\n"
    "under values for which it has no meaning (column \"read when\").\n";

/// A '|' would end the cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void add_columns(std::vector<Definition>& all, const core::Table& table) {
  for (const auto& column : table.columns) all.push_back({table.name + ".csv", column});
}

void add_roofline(std::vector<Definition>& all) {
  const char* place = "summary.json, roofline (null: the machine states no peak)";
  const core::Metric rows[] = {
      {"work", "work_unit", "what the machine is for, counted over the run"},
      {"peak_per_cycle", "work_unit/cycle", "the most work that its arithmetic does in a cycle"},
      {"links.amount", "unit of the link", "what a path of limited rate moved in the run"},
      {"links.peak_per_cycle", "unit/cycle", "the most that the path moves in a cycle"},
  };
  for (const core::Metric& row : rows) all.push_back({place, row});
}

void add_area(std::vector<Definition>& all) {
  const char* place = "summary.json, area (null: the machine lists no parts)";
  const core::Metric rows[] = {
      {"total_mm2", "mm2", "area_mm2; of a unit under units"},
      {"sram_mm2", "mm2", "memories that are SRAM"},
      {"logic_mm2", "mm2", "everything else, flip-flops and memories of them included"},
  };
  for (const core::Metric& row : rows) all.push_back({place, row});
}

std::string markdown_table(const std::vector<Definition>& all) {
  std::string out;
  std::string_view place;
  for (const Definition& d : all) {
    if (d.place != place) {
      out +=
          fmt::format("\n### {}\n\n| name | unit | definition |\n| --- | --- | --- |\n", d.place);
    }
    place = d.place;
    out += fmt::format("| `{}` | {} | {} |\n", d.metric.name, cell(d.metric.unit),
                       cell(d.metric.definition));
  }
  return out;
}

std::string text_table(const std::vector<Definition>& all) {
  std::string out;
  for (const Definition& d : all) {
    out += fmt::format("  {}: {}{}\n      {}\n", d.place, d.metric.name,
                       d.metric.unit.empty() ? "" : fmt::format(" [{}]", d.metric.unit),
                       d.metric.definition);
  }
  return out;
}

std::string key_facts(const base::KeyDoc& key) {
  std::string facts = key.type_text();
  if (!key.unit.empty()) facts += fmt::format(", {}", key.unit);
  const std::string range = key.range_text();
  if (!range.empty()) facts += fmt::format(", {}", range);
  const std::string fallback = key.fallback_text();
  if (!fallback.empty()) facts += key.required ? ", required" : ", default " + fallback;
  if (!key.applies.empty()) facts += fmt::format(", read when {}", key.applies);
  return facts;
}

}  // namespace

std::vector<Definition> definitions(const core::Accelerator& accelerator) {
  const core::RunResult result = accelerator.describe_result();
  std::vector<Definition> all;
  for (const auto& h : result.headlines) all.push_back({"summary.json, metrics", h.metric});
  if (result.relative_energy) {
    all.push_back({"summary.json, metrics", result.relative_energy->metric});
  }
  for (const auto& unit : result.stats.units) {
    for (const auto& c : unit.counters) {
      all.push_back(
          {fmt::format("summary.json, counters of {}", unit.unit), {c.name, c.unit, c.definition}});
    }
  }
  for (const auto& table : result.tables) add_columns(all, table);
  return all;
}

std::vector<Definition> machine_independent_definitions() {
  std::vector<Definition> all;
  for (const auto& h : derived_metrics({})) all.push_back({"summary.json, metrics", h.metric});
  for (const auto& h : area_metrics({})) all.push_back({"summary.json, metrics", h.metric});
  add_roofline(all);
  add_area(all);
  add_columns(all, energy_table({}));
  add_columns(all, area_table({}));
  const char* host = "host.json";
  all.push_back({host, {"host_seconds", "s", "wall clock of the simulation, inputs not counted"}});
  all.push_back({host, {"simulated_cycles_per_second", "cycles/s", "cycles / host_seconds"}});
  return all;
}

std::string metrics_markdown(const std::vector<const core::Accelerator*>& accelerators) {
  std::string out = fmt::format("# Metrics\n\n{}\n## Every machine\n{}", kMetricsIntroduction,
                                markdown_table(machine_independent_definitions()));
  for (const auto* a : accelerators) {
    out += fmt::format("\n## {}\n\n{}.\n{}", a->name(), a->description(),
                       markdown_table(definitions(*a)));
  }
  return out;
}

std::string metrics_text(const std::vector<const core::Accelerator*>& accelerators) {
  std::string out = "every machine\n" + text_table(machine_independent_definitions());
  for (const auto* a : accelerators) {
    out += fmt::format("{}\n{}", a->name(), text_table(definitions(*a)));
  }
  return out;
}

std::string keys_markdown(const std::vector<KeySection>& sections) {
  std::string out = fmt::format("# Keys\n\n{}", kKeysIntroduction);
  for (const KeySection& section : sections) {
    out += fmt::format(
        "\n## {}\n\n{}\n\n| key | type | unit | range | default | meaning | read when |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n",
        section.title, section.introduction);
    for (const auto& k : section.keys) {
      out += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", k.path, cell(k.type_text()),
                         cell(k.unit), cell(k.range_text()), cell(k.fallback_text()),
                         cell(k.meaning), cell(k.applies));
    }
  }
  return out;
}

std::string keys_text(const std::vector<KeySection>& sections) {
  std::string out;
  for (const KeySection& section : sections) {
    out += fmt::format("{}: {}\n", section.title, section.introduction);
    for (const auto& k : section.keys) {
      out += fmt::format("  {}\n      {}\n      {}\n", k.path, key_facts(k), k.meaning);
    }
  }
  return out;
}

}  // namespace sim::report
