#pragma once

#include <optional>
#include <vector>

#include "sim/report/result.h"

namespace sim::report {

/// What follows from the machine's cycles, the clock and the energy estimate:
///   time_us, energy_total_uj, energy_dynamic_uj, energy_clock_uj, energy_leakage_uj,
///   energy_estimated_uj, average_power_mw, energy_delay_pj_s; and the machine's relative energy,
///   if it states one. All but the time with the band of their values over the kinds of memory
///   cells.
std::vector<core::Headline> derived_metrics(const Run& run);

/// area_mm2; without a value when the machine lists no parts.
std::vector<core::Headline> area_metrics(const Run& run);

/// A headline counted in the machine's clock, as time: "cycles" in us, "<things>/cycle" in
/// <things>/s; nothing for other units.
std::optional<core::Headline> in_time(const core::Headline& headline, double clock_mhz);

}  // namespace sim::report
