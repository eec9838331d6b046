#include "sim/report/derived.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim::report {
namespace {

constexpr double kPicojoulesPerMicrojoule = 1e6;

std::optional<double> number(const core::Cell& cell) {
  if (const auto* value = std::get_if<double>(&cell)) return *value;
  if (const auto* count = std::get_if<std::uint64_t>(&cell)) return static_cast<double>(*count);
  return std::nullopt;
}

double simulated_us(const Run& run) {
  return run.clock_mhz > 0 ? static_cast<double>(run.result.cycles) / run.clock_mhz : 0;
}

/// What follows from the cycles, the clock and the energy of a run.
std::vector<core::Headline> of_split(const Run& run, const energy::Split& e) {
  const double time_us = simulated_us(run);
  const double power_mw = time_us > 0 ? e.total_pj() / (1000 * time_us) : 0;
  const auto uj = [](double pj) { return pj / kPicojoulesPerMicrojoule; };
  std::vector<core::Headline> all = {
      {{"energy_total_uj", "uJ", "dynamic + clock + leakage energy of the whole run"},
       uj(e.total_pj())},
      {{"energy_dynamic_uj", "uJ", "sum of counts x energy of one event"}, uj(e.dynamic_pj)},
      {{"energy_clock_uj", "uJ", "flip-flop bits x cycles in which they are clocked"},
       uj(e.clock_pj)},
      {{"energy_leakage_uj", "uJ", "leakage of memories and flip-flops x time"}, uj(e.leakage_pj)},
      {{"energy_estimated_uj", "uJ",
        "of energy_total, what rests on estimated counts; 0 with estimated_energy: false"},
       uj(e.estimated_pj)},
      {{"average_power_mw", "mW", "energy_total / time"}, power_mw},
      {{"energy_delay_pj_s", "pJ s", "energy_total x time"}, e.total_pj() * time_us * 1e-6},
  };
  if (const auto& relative = run.result.relative_energy) {
    const double each = run.relative_event_pj * static_cast<double>(relative->pieces);
    all.push_back({relative->metric, each > 0 ? e.dynamic_pj / each : 0});
  }
  return all;
}

/// Widens the bands of `all` to hold the values of `other`.
void widen(std::vector<core::Headline>& all, const std::vector<core::Headline>& other) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double own = std::get<double>(all[i].value);
    const double value = std::get<double>(other[i].value);
    core::Band& band = all[i].band ? *all[i].band : all[i].band.emplace(core::Band{own, own});
    band = {std::min(band.low, value), std::max(band.high, value)};
  }
}

}  // namespace

std::vector<core::Headline> derived_metrics(const Run& run) {
  std::vector<core::Headline> all = of_split(run, run.energy.total);
  for (const energy::Split& variant : run.energy_variants) widen(all, of_split(run, variant));
  all.insert(all.begin(), {{"time_us", "us", "cycles / clock_mhz: simulated time of the whole run"},
                           simulated_us(run)});
  return all;
}

std::vector<core::Headline> area_metrics(const Run& run) {
  const core::Metric metric = {
      "area_mm2", "mm2",
      "memories and logic on the chip that the machine lists; what is off chip has none"};
  if (run.area.items.empty()) return {{metric, std::string()}};
  std::vector<core::Headline> all = {{metric, run.area.total.total_mm2()}};
  for (const double variant_mm2 : run.area_variants_mm2) widen(all, {{metric, variant_mm2}});
  return all;
}

std::optional<core::Headline> in_time(const core::Headline& headline, double clock_mhz) {
  const auto value = number(headline.value);
  const std::string& unit = headline.metric.unit;
  if (!value) return std::nullopt;
  if (unit == "cycles") return core::Headline{{"", "us", ""}, *value / clock_mhz};
  if (unit.ends_with("/cycle")) {
    const std::string things = unit.substr(0, unit.size() - std::string("/cycle").size());
    return core::Headline{{"", things + "/s", ""}, *value * clock_mhz * 1e6};
  }
  return std::nullopt;
}

}  // namespace sim::report
