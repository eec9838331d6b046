#include "sim/hw/unit_cycles.h"

#include <string_view>

#include "sim/hw/clock.h"

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

void CycleBook::book(std::uint64_t UnitCycles::*field, std::uint64_t cycles) {
  const UnitCycles before = cycles_;
  cycles_.*field += cycles;
  series_.add(before, cycles_, booked_until_, booked_until_ + cycles);
  booked_until_ += cycles;
}

std::uint64_t CycleBook::book_until_now(std::uint64_t UnitCycles::*field) {
  const std::uint64_t cycles = now() - booked_until_;
  book(field, cycles);
  return cycles;
}

}  // namespace sim::hw
