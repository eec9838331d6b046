#include "sim/report/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

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
  Json value;
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

void put(std::vector<Number>& numbers, std::string name, std::string unit, const Json& value) {
  if (value.is_number()) numbers.push_back({std::move(name), std::move(unit), value});
}

std::vector<Number> numbers_of(const std::string& folder) {
  const Json summary = read_summary(folder);
  std::vector<Number> numbers;
  for (const auto& [name, metric] : object(summary, "metrics").items()) {
    if (metric.is_object()) put(numbers, name, text(metric, "unit"), metric.value("value", Json()));
  }
  for (const auto& [unit, split] : object(object(summary, "energy"), "units").items()) {
    if (!split.is_object()) continue;
    for (const auto& [part, pj] : split.items()) {
      put(numbers, fmt::format("energy.{}.{}", unit, part), "pJ", pj);
    }
  }
  for (const auto& [unit, split] : object(object(summary, "area"), "units").items()) {
    if (!split.is_object()) continue;
    for (const auto& [part, mm2] : split.items()) {
      put(numbers, fmt::format("area.{}.{}", unit, part), "mm2", mm2);
    }
  }
  for (const auto& [unit, counters] : object(summary, "counters").items()) {
    if (!counters.is_object()) continue;
    for (const auto& [name, count] : counters.items()) {
      put(numbers, fmt::format("counters.{}.{}", unit, name), "", count);
    }
  }
  return numbers;
}

core::Cell cell(const Json& value) {
  if (value.is_null()) return std::string();
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_float()) return value.get<double>();
  return value.dump();
}

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json ratio_json(const Comparison& row) {
  const auto ratio = row.ratio();
  return ratio ? Json(*ratio) : Json(nullptr);
}

}  // namespace

Json Comparison::difference() const {
  if (a.is_null() || b.is_null()) return nullptr;
  if (a.is_number_unsigned() && b.is_number_unsigned()) {
    const auto before = a.get<std::uint64_t>();
    const auto after = b.get<std::uint64_t>();
    if (after >= before) return after - before;
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (before - after <= kMost) return -static_cast<std::int64_t>(before - after);
  }
  return finite_or_null(b.get<double>() - a.get<double>());
}

std::optional<double> Comparison::ratio() const {
  if (a.is_null() || b.is_null() || a == 0) return std::nullopt;
  const double ratio = b.get<double>() / a.get<double>();
  return std::isfinite(ratio) ? std::optional(ratio) : std::nullopt;
}

std::vector<Comparison> compare_results(const std::string& folder_a, const std::string& folder_b) {
  std::vector<Comparison> rows;
  for (Number& n : numbers_of(folder_a)) {
    rows.push_back({std::move(n.name), std::move(n.unit), std::move(n.value), nullptr});
  }
  for (Number& n : numbers_of(folder_b)) {
    const auto twin = std::find_if(rows.begin(), rows.end(),
                                   [&](const Comparison& row) { return row.name == n.name; });
    if (twin != rows.end()) {
      twin->b = std::move(n.value);
    } else {
      rows.push_back({std::move(n.name), std::move(n.unit), nullptr, std::move(n.value)});
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
                                {"ratio", "", "b / a"}},
                    .rows = {}};
  for (const Comparison& r : rows) {
    table.rows.push_back(
        {r.name, r.unit, cell(r.a), cell(r.b), cell(r.difference()), cell(ratio_json(r))});
  }
  return table;
}

Json comparison_json(const std::string& folder_a, const std::string& folder_b,
                     const std::vector<Comparison>& rows) {
  Json numbers = Json::array();
  for (const Comparison& r : rows) {
    numbers.push_back({{"metric", r.name},
                       {"unit", r.unit},
                       {"a", r.a},
                       {"b", r.b},
                       {"difference", r.difference()},
                       {"ratio", ratio_json(r)}});
  }
  return {{"schema", "lockstep-compare-1"}, {"a", folder_a}, {"b", folder_b}, {"rows", numbers}};
}

}  // namespace sim::report
