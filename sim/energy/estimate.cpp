#include "sim/energy/estimate.h"

#include <algorithm>

#include "sim/base/check.h"

namespace sim::energy {
namespace {

Item from_row(const Row& row) {
  return {.unit = {},
          .counter = {},
          .event = row.event,
          .part = Part::kDynamic,
          .count = 0,
          .pj_each = row.value_pj,
          .pj_total = 0,
          .node_nm = row.node_nm,
          .scaled_from_nm = row.scaled_from_nm,
          .source = row.source};
}

Item from_sram(const EnergyTable& table, std::string event, double pj_each) {
  return {.unit = {},
          .counter = {},
          .event = std::move(event),
          .part = Part::kDynamic,
          .count = 0,
          .pj_each = pj_each,
          .pj_total = 0,
          .node_nm = table.sram_node_nm(),
          .scaled_from_nm = 0,
          .source = table.sram_source()};
}

class Ledger {
 public:
  void add(Item item, std::string unit, std::string counter, Part part, std::uint64_t count) {
    item.unit = std::move(unit);
    item.counter = std::move(counter);
    item.part = part;
    item.count = count;
    item.pj_total = static_cast<double>(count) * item.pj_each;
    book(split_of(item.unit), item);
    book(result_.total, item);
    result_.items.push_back(std::move(item));
  }

  Estimate take() { return std::move(result_); }

 private:
  static void book(Split& split, const Item& item) {
    switch (item.part) {
      case Part::kDynamic:
        split.dynamic_pj += item.pj_total;
        break;
      case Part::kClock:
        split.clock_pj += item.pj_total;
        break;
      case Part::kLeakage:
        split.leakage_pj += item.pj_total;
        break;
    }
  }

  Split& split_of(const std::string& unit) {
    const auto found = std::find_if(result_.units.begin(), result_.units.end(),
                                    [&](const UnitEnergy& u) { return u.unit == unit; });
    if (found != result_.units.end()) return found->energy;
    result_.units.push_back({unit, {}});
    return result_.units.back().energy;
  }

  Estimate result_;
};

Item price(const Activity& a, const EnergyTable& table) {
  if (!a.memory) return from_row(table.row(a.event, a.width_bits, a.unit));
  SIM_CHECK(a.event == "sram_read" || a.event == "sram_write", "unit '{}' prices '{}' as a memory",
            a.unit, a.event);
  const SramPrice memory = table.sram(*a.memory, a.unit);
  return from_sram(table, a.event, a.event == "sram_read" ? memory.read_pj : memory.write_pj);
}

void price_memory(const StaticPart& part, const EnergyTable& table, std::uint64_t cycles,
                  double period_ns, Ledger& ledger) {
  MemoryShape one_bank = *part.memory;
  one_bank.banks = 1;
  const double pj = table.sram(one_bank, part.unit).leakage_mw * period_ns;
  ledger.add(from_sram(table, "sram_leakage", pj), part.unit, "bank_cycles", Part::kLeakage,
             base::checked_mul(part.memory->banks, cycles));
}

void price_registers(const StaticPart& part, const EnergyTable& table, std::uint64_t cycles,
                     double period_ns, Ledger& ledger) {
  Item leakage = from_row(table.row("register_leakage", 0, part.unit));
  leakage.pj_each *= period_ns;
  ledger.add(from_row(table.row("register_clock", 0, part.unit)), part.unit, "clocked_bit_cycles",
             Part::kClock, base::checked_mul(part.register_bits, part.clocked_cycles));
  ledger.add(std::move(leakage), part.unit, "bit_cycles", Part::kLeakage,
             base::checked_mul(part.register_bits, cycles));
}

}  // namespace

std::string_view part_name(Part part) {
  switch (part) {
    case Part::kDynamic:
      return "dynamic";
    case Part::kClock:
      return "clock";
    case Part::kLeakage:
      return "leakage";
  }
  SIM_CHECK(false, "no such part of energy");
}

Estimate estimate(const std::vector<Activity>& activities,
                  const std::vector<StaticPart>& static_parts, const EnergyTable& table,
                  std::uint64_t cycles, double clock_mhz) {
  SIM_CHECK(clock_mhz > 0, "clock of {} MHz", clock_mhz);
  const double period_ns = 1000.0 / clock_mhz;
  Ledger ledger;
  for (const Activity& a : activities) {
    ledger.add(price(a, table), a.unit, a.counter, Part::kDynamic, a.count);
  }
  for (const StaticPart& part : static_parts) {
    if (part.memory) price_memory(part, table, cycles, period_ns, ledger);
    if (part.register_bits > 0) price_registers(part, table, cycles, period_ns, ledger);
  }
  return ledger.take();
}

}  // namespace sim::energy
