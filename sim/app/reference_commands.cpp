// The commands that only read and print: keys, list, compare, metrics.
#include <fmt/format.h>

#include <algorithm>

#include "sim/app/commands.h"
#include "sim/app/inputs.h"
#include "sim/app/presets.h"
#include "sim/app/run_text.h"
#include "sim/base/key_doc.h"
#include "sim/base/printable.h"
#include "sim/core/registry.h"
#include "sim/report/compare.h"
#include "sim/report/dictionary.h"
#include "sim/report/text.h"

namespace sim::app {
namespace {

using base::printable;
using Json = nlohmann::ordered_json;

/// Something that can be named on the command line.
struct Listed {
  std::string name;
  std::string description;
  std::string file;  // none for a machine
};

std::vector<Listed> presets(std::string_view folder) {
  std::vector<Listed> all;
  for (const std::string& name : preset_names(folder)) {
    const std::string file = find_preset(name, folder);
    all.push_back({name, first_comment(file), file});
  }
  return all;
}

std::vector<Listed> machines() {
  std::vector<Listed> all;
  for (const auto* a : core::accelerators()) {
    all.push_back({std::string(a->name()), std::string(a->description()), ""});
  }
  return all;
}

/// Operators of networks, and the machines that have a unit for each.
std::vector<Listed> operators() {
  std::vector<Listed> all;
  for (const workload::OperatorKind kind : workload::operator_kinds()) {
    std::string machines;
    for (const auto* a : core::accelerators()) {
      if (std::ranges::count(a->operators(), kind) == 0) continue;
      machines += fmt::format("{}{}", machines.empty() ? "" : ", ", a->name());
    }
    all.push_back({std::string(workload::name_of(kind)),
                   machines.empty() ? "no machine; values are computed by check" : machines, ""});
  }
  return all;
}

std::string list_text(std::string_view title, const std::vector<Listed>& all) {
  std::string out = fmt::format("{}\n", title);
  for (const Listed& l : all) {
    out += fmt::format("  {:<28} {}\n", printable(l.name), printable(l.description));
  }
  return out;
}

Json list_json(const std::vector<Listed>& all) {
  Json json = Json::array();
  for (const Listed& l : all) {
    Json entry = {{"name", l.name}, {"description", l.description}};
    if (!l.file.empty()) entry["file"] = l.file;
    json.push_back(std::move(entry));
  }
  return json;
}

std::string side(const Json& value) {
  return value.is_null() ? "-" : readable(value.get<double>());
}

std::string ratio(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string comparison_text(const std::vector<report::Comparison>& rows) {
  std::size_t width = 6;
  for (const auto& r : rows) width = std::max(width, printable(r.name).size());
  std::string out = fmt::format("{:<{}} {:>16} {:>16} {:>16} {:>10} {:>16}  unit\n", "metric",
                                width, "A", "B", "B - A", "B / A", "without leakage");
  for (const auto& r : rows) {
    out += fmt::format("{:<{}} {:>16} {:>16} {:>16} {:>10} {:>16}  {}\n", printable(r.name), width,
                       side(r.a.value), side(r.b.value), side(r.difference()), ratio(r.ratio()),
                       ratio(r.ratio_without_leakage()), printable(r.unit));
  }
  return out;
}

}  // namespace

std::string keys(const std::optional<std::string>& what, Form form) {
  const auto sections = key_sections(what);
  if (form == Form::kJson) return report::ascii_json_text(report::keys_json(sections));
  return form == Form::kMarkdown ? report::keys_markdown(sections) : report::keys_text(sections);
}

std::string list(Form form) {
  const auto architectures = presets("arch-configs");
  const auto workloads = presets("workloads");
  if (form == Form::kJson) {
    return report::ascii_json_text({{"schema", "lockstep-list-1"},
                                    {"machines", list_json(machines())},
                                    {"operators", list_json(operators())},
                                    {"architectures", list_json(architectures)},
                                    {"workloads", list_json(workloads)}});
  }
  return list_text("machines", machines()) +
         list_text("operators of networks, and the machines that run them", operators()) +
         list_text("architectures (arch-configs/)", architectures) +
         list_text("workloads (workloads/)", workloads);
}

std::string compare(const std::string& folder_a, const std::string& folder_b, Form form) {
  const auto rows = report::compare_results(folder_a, folder_b);
  if (form == Form::kCsv) return report::csv(report::comparison_table(rows));
  if (form == Form::kJson) {
    return report::ascii_json_text(report::comparison_json(folder_a, folder_b, rows));
  }
  return comparison_text(rows);
}

std::string metrics(Form form) {
  const auto& all = core::accelerators();
  if (form == Form::kJson) return report::ascii_json_text(report::metrics_json(all));
  return form == Form::kMarkdown ? report::metrics_markdown(all) : report::metrics_text(all);
}

}  // namespace sim::app
