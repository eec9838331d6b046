#include "sim/report/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/report/result.h"

namespace sim::report {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMaxSummaryBytes = 64 << 20;

struct Number {
  std::string name;
  std::string unit;
  ComparedNumber compared;
  bool has_ratio = true;
};

Json read_summary(const std::string& folder) {
  const std::string path = folder + "/summary.json";
  Json json = Json::parse(base::read_text_file(path, kMaxSummaryBytes), nullptr, false);
  if (!json.is_object() || !json.contains("schema")) {
    throw base::UserError(path + ": not a result of lockstep");
  }
  if (json["schema"] != kResultSchema) {
    throw base::UserError(fmt::format("{}: schema {} is not {}; run it again with this version",
                                      path, json["schema"].dump(), kResultSchema));
  }
  return json;
}

/// The object under `key`, or an empty one.
const Json& object(const Json& json, const char* key) {
  static const Json kEmpty = Json::object();
  return json.contains(key) && json[key].is_object() ? json[key] : kEmpty;
}

std::string text(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key].is_string()
             ? json[key].get<std::string>()
             : "";
}

using Numbers = std::vector<Number>;

bool is_energy(const std::string& unit) {
  static const std::set<std::string> kUnits = {"pJ", "nJ", "uJ", "mJ", "mW", "W", "pJ s"};
  return kUnits.contains(unit);
}

double part_pj(const Json& split, const char* part) {
  return split.contains(part) && split[part].is_number() ? split[part].get<double>() : 0;
}

/// A headline in a unit of energy or power, with what leakage adds to it taken away.
Number energy_metric(Number number, const Json& total) {
  const std::string& name = number.name;
  if (name == "energy_dynamic_uj" || name == "energy_clock_uj") {
    number.compared.without_leakage = number.compared.value;
  } else if (name == "energy_total_uj" || name == "average_power_mw" ||
             name == "energy_delay_pj_s") {
    const double kept = part_pj(total, "dynamic_pj") + part_pj(total, "clock_pj");
    const double all = part_pj(total, "total_pj");
    number.compared.without_leakage =
        all > 0 ? Json(number.compared.value.get<double>() * kept / all) : number.compared.value;
  } else {
    number.has_ratio = name == "energy_leakage_uj";
  }
  return number;
}

void add_metrics(Numbers& numbers, const Json& summary) {
  const Json& energy = object(summary, "energy");
  for (const auto& [name, metric] : object(summary, "metrics").items()) {
    if (!metric.is_object() || !metric.contains("value") || !metric["value"].is_number()) continue;
    Number number{name, text(metric, "unit"), {metric["value"], nullptr}};
    numbers.push_back(is_energy(number.unit) ? energy_metric(std::move(number), energy)
                                             : std::move(number));
  }
}

/// The numbers by unit of the machine of a block of the summary, as `<prefix>.<unit>.<name>`.
void add_units(Numbers& numbers, const Json& units, const std::string& prefix,
               const std::string& unit) {
  for (const auto& [owner, split] : units.items()) {
    if (!split.is_object()) continue;
    for (const auto& [name, value] : split.items()) {
      if (!value.is_number()) continue;
      Number number{fmt::format("{}.{}.{}", prefix, owner, name), unit, {value, nullptr}};
      if (is_energy(unit) && name == "total_pj") {
        number.compared.without_leakage = part_pj(split, "dynamic_pj") + part_pj(split, "clock_pj");
      } else if (is_energy(unit) && name != "leakage_pj") {
        number.compared.without_leakage = value;
      }
      numbers.push_back(std::move(number));
    }
  }
}

Numbers numbers_of(const std::string& folder) {
  const Json summary = read_summary(folder);
  Numbers numbers;
  add_metrics(numbers, summary);
  add_units(numbers, object(object(summary, "energy"), "units"), "energy", "pJ");
  add_units(numbers, object(object(summary, "area"), "units"), "area", "mm2");
  add_units(numbers, object(summary, "counters"), "counters", "");
  return numbers;
}

core::Cell cell(const Json& value) {
  if (value.is_null()) return std::string();
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_float()) return value.get<double>();
  return value.dump();
}

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::optional<double> quotient(const Json& b, const Json& a) {
  if (a.is_null() || b.is_null() || a == 0) return std::nullopt;
  const double ratio = b.get<double>() / a.get<double>();
  return std::isfinite(ratio) ? std::optional(ratio) : std::nullopt;
}

Json json(const std::optional<double>& ratio) { return ratio ? Json(*ratio) : Json(nullptr); }

}  // namespace

Json Comparison::difference() const {
  if (a.value.is_null() || b.value.is_null()) return nullptr;
  if (a.value.is_number_unsigned() && b.value.is_number_unsigned()) {
    const auto before = a.value.get<std::uint64_t>();
    const auto after = b.value.get<std::uint64_t>();
    if (after >= before) return after - before;
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (before - after <= kMost) return -static_cast<std::int64_t>(before - after);
  }
  return finite_or_null(b.value.get<double>() - a.value.get<double>());
}

std::optional<double> Comparison::ratio() const {
  return has_ratio ? quotient(b.value, a.value) : std::nullopt;
}

std::optional<double> Comparison::ratio_without_leakage() const {
  return quotient(b.without_leakage, a.without_leakage);
}

std::vector<Comparison> compare_results(const std::string& folder_a, const std::string& folder_b) {
  std::vector<Comparison> rows;
  for (Number& n : numbers_of(folder_a)) {
    rows.push_back({std::move(n.name), std::move(n.unit), n.has_ratio, std::move(n.compared), {}});
  }
  for (Number& n : numbers_of(folder_b)) {
    const auto twin = std::find_if(rows.begin(), rows.end(),
                                   [&](const Comparison& row) { return row.name == n.name; });
    if (twin != rows.end()) {
      twin->b = std::move(n.compared);
    } else {
      rows.push_back(
          {std::move(n.name), std::move(n.unit), n.has_ratio, {}, std::move(n.compared)});
    }
  }
  return rows;
}

core::Table comparison_table(const std::vector<Comparison>& rows) {
  core::Table table{.name = "comparison",
                    .definition = "two results, number by number",
                    .columns = {{"metric", "", "number of summary.json"},
                                {"unit", "", "its unit"},
                                {"a", "", "value in the first result"},
                                {"b", "", "value in the second result"},
                                {"difference", "", "b - a"},
                                {"ratio", "", "b / a"},
                                {"ratio_without_leakage", "", "b / a of energies and powers"}},
                    .rows = {}};
  for (const Comparison& r : rows) {
    table.rows.push_back({r.name, r.unit, cell(r.a.value), cell(r.b.value), cell(r.difference()),
                          cell(json(r.ratio())), cell(json(r.ratio_without_leakage()))});
  }
  return table;
}

Json comparison_json(const std::string& folder_a, const std::string& folder_b,
                     const std::vector<Comparison>& rows) {
  Json numbers = Json::array();
  for (const Comparison& r : rows) {
    numbers.push_back({{"metric", r.name},
                       {"unit", r.unit},
                       {"a", r.a.value},
                       {"b", r.b.value},
                       {"difference", r.difference()},
                       {"ratio", json(r.ratio())},
                       {"ratio_without_leakage", json(r.ratio_without_leakage())}});
  }
  return {{"schema", "lockstep-compare-1"}, {"a", folder_a}, {"b", folder_b}, {"rows", numbers}};
}

}  // namespace sim::report
