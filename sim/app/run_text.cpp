#include "sim/app/run_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "sim/app/exit_code.h"
#include "sim/base/printable.h"
#include "sim/report/derived.h"
#include "sim/report/text.h"

namespace sim::app {
namespace {

using base::printable;

std::string grouped(std::uint64_t value) {
  const std::string digits = fmt::to_string(value);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ' ';
    out += digits[i];
  }
  return out;
}

std::string line(const std::string& name, const core::Cell& value, const std::string& unit,
                 const std::string& aside) {
  return fmt::format("  {:<34} {:>16} {}{}\n", name, printable(readable(value)), unit,
                     aside.empty() ? "" : fmt::format("  ({})", aside));
}

/// Times are read digit by digit, rates by their size.
std::string time_text(const core::Cell& value) {
  const double number = std::get<double>(value);
  return number < 1e6 ? readable(number) : with_prefix(number);
}

std::string headline(const core::Headline& h, double clock_mhz) {
  const auto time = report::in_time(h, clock_mhz);
  return line(h.metric.name, h.value, h.metric.unit,
              time ? fmt::format("{} {}", time_text(time->value), time->metric.unit) : "");
}

/// Cycles a second of the simulation.
double speed(const report::Run& run, double host_seconds) {
  return host_seconds > 0 ? static_cast<double>(run.result.cycles) / host_seconds : 0.0;
}

nlohmann::ordered_json times_json(const report::Run& run) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& h : run.result.headlines) {
    if (const auto time = report::in_time(h, run.clock_mhz)) {
      json[h.metric.name] = {{"value", report::cell_json(time->value)},
                             {"unit", time->metric.unit}};
    }
  }
  return json;
}

std::string share(double part, double total) {
  return total > 0 ? fmt::format("{:.1f} %", 100 * part / total) : "";
}

/// "9.5 %; 1 200 to 1 700 with other cells": the aside, and the value's band.
std::string with_band(const core::Headline& h, std::string aside) {
  if (!h.band || h.band->low == h.band->high) return aside;
  return fmt::format("{}{}{} to {} with other cells", aside, aside.empty() ? "" : "; ",
                     readable(h.band->low), readable(h.band->high));
}

std::string node_text(std::uint32_t node_nm) {
  return node_nm == 0 ? "of mixed nodes" : fmt::format("{} nm", node_nm);
}

std::string energy_lines(const report::Run& run) {
  const double total = run.energy.total.total_pj();
  std::string out = fmt::format("energy, {}\n", node_text(run.node_nm));
  for (const auto& h : report::derived_metrics(run)) {
    const bool is_energy = h.metric.unit == "uJ";
    out += line(h.metric.name, h.value, h.metric.unit,
                with_band(h, is_energy ? share(std::get<double>(h.value) * 1e6, total) : ""));
  }
  for (const auto& u : run.energy.units) {
    const double pj = u.energy.total_pj();
    out += line("  " + u.unit, pj / 1e6, "uJ", share(pj, total));
  }
  return out;
}

std::string area_lines(const report::Run& run) {
  if (run.area.items.empty()) return {};
  const double total = run.area.total.total_mm2();
  std::string out = fmt::format("area, {}\n", node_text(run.node_nm));
  for (const auto& h : report::area_metrics(run)) {
    const std::string sram = fmt::format("SRAM {}", share(run.area.total.sram_mm2, total));
    out += line(h.metric.name, h.value, h.metric.unit, with_band(h, sram));
  }
  for (const auto& u : run.area.units) {
    out += line("  " + u.unit, u.area.total_mm2(), "mm2", share(u.area.total_mm2(), total));
  }
  return out;
}

}  // namespace

std::string area_sentence(const energy::Area& area, std::uint32_t node_nm) {
  if (area.items.empty()) return {};
  return fmt::format("area: {:.4g} mm2, {}; SRAM {:.4g}, logic {:.4g}\n", area.total.total_mm2(),
                     node_text(node_nm), area.total.sram_mm2, area.total.logic_mm2);
}

std::string note_lines(const std::vector<std::string>& notes) {
  std::string out;
  for (const std::string& note : notes) {
    out += fmt::format("note: {}\n", printable(note, kMaxDescription));
  }
  return out;
}

std::string readable(const core::Cell& value) {
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return grouped(*count);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const double number = std::get<double>(value);
  const double size = std::abs(number);
  if (size < 1e6 || size >= 1e15) return fmt::format("{:.6g}", number);
  return fmt::format("{}{}", number < 0 ? "-" : "",
                     grouped(static_cast<std::uint64_t>(std::llround(size))));
}

std::string with_prefix(double value) {
  if (value >= 1e9) return fmt::format("{:.1f} G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.1f} M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.1f} k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

std::string run_text(const report::Run& run, double host_seconds, const std::string& folder,
                     const Written& written) {
  std::string out = fmt::format("{} at {} MHz: {}\n", run.accelerator, run.clock_mhz,
                                printable(run.workload_description, kMaxDescription));
  for (const auto& h : run.result.headlines) out += headline(h, run.clock_mhz);
  out += energy_lines(run);
  out += area_lines(run);
  out += note_lines(run.result.notes);
  out += fmt::format("simulated in {:.2f} s, {} cycles/s\n", host_seconds,
                     with_prefix(speed(run, host_seconds)));
  out += fmt::format("files in {}/: {}\n", printable(folder), fmt::join(written.files, ", "));
  if (!written.kept.empty()) {
    out += fmt::format("kept what was no longer as a run left it: {}\n",
                       printable(fmt::format("{}", fmt::join(written.kept, ", "))));
  }
  return out;
}

std::string run_json(const report::Run& run, double host_seconds, const std::string& folder,
                     const Written& written) {
  return report::ascii_json_text({{"schema", "lockstep-run-1"},
                                  {"exit", static_cast<int>(kOk)},
                                  {"accelerator", run.accelerator},
                                  {"clock_mhz", run.clock_mhz},
                                  {"workload_description", run.workload_description},
                                  {"metrics", report::metrics_of(run)},
                                  {"in_time", times_json(run)},
                                  {"bands", report::bands_of(run)},
                                  {"energy", report::energy_of(run)},
                                  {"area", report::area_of(run)},
                                  {"notes", run.result.notes},
                                  {"host_seconds", host_seconds},
                                  {"simulated_cycles_per_second", speed(run, host_seconds)},
                                  {"folder", folder},
                                  {"files", written.files},
                                  {"kept", written.kept}});
}

}  // namespace sim::app
