// The commands that only read and print: keys, list, compare, metrics.
#include <fmt/format.h>

#include <algorithm>

#include "sim/app/commands.h"
#include "sim/app/inputs.h"
#include "sim/app/presets.h"
#include "sim/app/run_text.h"
#include "sim/base/printable.h"
#include "sim/core/registry.h"
#include "sim/report/compare.h"
#include "sim/report/dictionary.h"
#include "sim/report/text.h"

namespace sim::app {
namespace {

using base::printable;

std::string list_folder(std::string_view title, std::string_view folder) {
  std::string out = fmt::format("{}\n", title);
  for (const std::string& name : preset_names(folder)) {
    out += fmt::format("  {:<28} {}\n", printable(name),
                       printable(first_comment(find_preset(name, folder))));
  }
  return out;
}

std::string side(const std::optional<double>& value) { return value ? readable(*value) : "-"; }

}  // namespace

std::string keys(const std::optional<std::string>& what, bool markdown) {
  const auto sections = key_sections(what);
  return markdown ? report::keys_markdown(sections) : report::keys_text(sections);
}

std::string list() {
  std::string out = "machines\n";
  for (const auto* a : core::accelerators()) {
    out += fmt::format("  {:<28} {}\n", a->name(), a->description());
  }
  out += list_folder("architectures (arch-configs/)", "arch-configs");
  return out + list_folder("workloads (workloads/)", "workloads");
}

std::string compare(const std::string& folder_a, const std::string& folder_b, bool csv) {
  const auto rows = report::compare_results(folder_a, folder_b);
  if (csv) return report::csv(report::comparison_table(rows));
  std::size_t width = 6;
  for (const auto& r : rows) width = std::max(width, printable(r.name).size());
  std::string out = fmt::format("{:<{}} {:>16} {:>16} {:>16} {:>10}  unit\n", "metric", width, "A",
                                "B", "B - A", "B / A");
  for (const auto& r : rows) {
    out += fmt::format("{:<{}} {:>16} {:>16} {:>16} {:>10}  {}\n", printable(r.name), width,
                       side(r.a), side(r.b), side(r.difference()),
                       r.ratio() ? fmt::format("{:.4g}", *r.ratio()) : "-", printable(r.unit));
  }
  return out;
}

std::string metrics(bool markdown) {
  const auto& all = core::accelerators();
  return markdown ? report::metrics_markdown(all) : report::metrics_text(all);
}

}  // namespace sim::app
