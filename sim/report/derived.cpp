#include "sim/report/derived.h"

#include <fmt/format.h>

namespace sim::report {
namespace {

constexpr double kPicojoulesPerMicrojoule = 1e6;

std::optional<double> number(const core::Cell& cell) {
  if (const auto* value = std::get_if<double>(&cell)) return *value;
  if (const auto* count = std::get_if<std::uint64_t>(&cell)) return static_cast<double>(*count);
  return std::nullopt;
}

}  // namespace

std::vector<core::Headline> derived_metrics(const Run& run) {
  const energy::Split& e = run.energy.total;
  const double time_us =
      run.clock_mhz > 0 ? static_cast<double>(run.result.cycles) / run.clock_mhz : 0;
  const double power_mw = time_us > 0 ? e.total_pj() / (1000 * time_us) : 0;
  const auto uj = [](double pj) { return pj / kPicojoulesPerMicrojoule; };
  std::vector<core::Headline> all = {
      {{"time_us", "us", "cycles / clock_mhz: simulated time of the whole run"}, time_us},
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
