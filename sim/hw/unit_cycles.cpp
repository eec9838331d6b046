#include "sim/hw/unit_cycles.h"

#include <string_view>

namespace sim::hw {
namespace {

constexpr std::string_view kUnit = "cycles";

constexpr stats::Field<UnitCycles> kFields[] = {
    {"busy_cycles", kUnit, "cycles in which the unit worked on a command", &UnitCycles::busy},
    {"input_wait_cycles", kUnit, "cycles in which it had a command whose inputs were not complete",
     &UnitCycles::input_waits},
    {"output_wait_cycles", kUnit, "cycles in which its consumer did not take its results",
     &UnitCycles::output_waits},
    {"idle_cycles", kUnit, "cycles in which it had no command", &UnitCycles::idle},
};

}  // namespace

std::span<const stats::Field<UnitCycles>> unit_cycle_fields() { return kFields; }

std::uint64_t CycleBook::book_until(std::uint64_t UnitCycles::*field, std::uint64_t cycle) {
  const std::uint64_t cycles = cycle - booked_until_;
  const UnitCycles before = cycles_;
  cycles_.*field += cycles;
  series_.add(before, cycles_, booked_until_, cycle);
  booked_until_ = cycle;
  return cycles;
}

}  // namespace sim::hw
