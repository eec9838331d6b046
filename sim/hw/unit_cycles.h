#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sim/stats/stats.h"
#include "sim/stats/timeline.h"

namespace sim::hw {

/// Cycles of a unit: busy + waits + idle = all cycles of the run.
struct UnitCycles {
  std::uint64_t busy = 0;
  std::uint64_t input_waits = 0;
  std::uint64_t output_waits = 0;
  std::uint64_t idle = 0;

  std::uint64_t total() const { return busy + input_waits + output_waits + idle; }
};

std::span<const stats::Field<UnitCycles>> unit_cycle_fields();

/// Books every cycle of a unit under one field, in order.
class CycleBook {
 public:
  /// What is booked appears on the timeline, if there is one.
  explicit CycleBook(stats::Timeline* timeline = nullptr, const std::string& unit = {})
      : series_(timeline, unit, unit_cycle_fields()) {}

  const UnitCycles& cycles() const { return cycles_; }

  /// All cycles before `cycle` that are not booked yet belong to `field`; returns how many.
  std::uint64_t book_until(std::uint64_t UnitCycles::*field, std::uint64_t cycle);

 private:
  UnitCycles cycles_;
  std::uint64_t booked_until_ = 0;  // every cycle before this one is booked
  stats::CountSeries<UnitCycles> series_;
};

}  // namespace sim::hw
