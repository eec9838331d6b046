#include "sim/energy/estimate.h"

#include <algorithm>
#include <cmath>

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
          .width_bits = row.width_bits,
          .memory = {},
          .cells = {},
          .node_nm = row.node_nm,
          .scaled_from_nm = row.scaled_from_nm,
          .voltage_v = row.voltage_v,
          .source = row.source,
          .estimated = false,
          .wire_mm = {}};
}

Item from_memory(const MemoryShape& shape, const PricedMemory& memory, const SramSource& source) {
  return {.unit = {},
          .counter = {},
          .event = {},
          .part = Part::kDynamic,
          .count = 0,
          .pj_each = 0,
          .pj_total = 0,
          .width_bits = shape.width_bits,
          .memory = shape,
          .cells = memory.cells,
          .node_nm = source.node_nm,
          .scaled_from_nm = 0,
          .voltage_v = memory.voltage_v,
          .source = source.source,
          .estimated = false,
          .wire_mm = {}};
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
    if (item.estimated) split.estimated_pj += item.pj_total;
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

Item sram_access(const Activity& a, const PricedMemory& memory, const EnergyTable& table) {
  Item item = from_memory(*a.memory, memory, table.sram_source());
  item.event = a.event;
  item.pj_each = a.event == "sram_read" ? memory.price.read_pj : memory.price.write_pj;
  return item;
}

/// Of flip-flops or of the least SRAM, if there is one that is fast enough.
Item small_access(const Activity& a, const EnergyTable& table, double period_ns) {
  const std::uint32_t bits = a.memory->width_bits;
  const Row* row = table.find_row("register", bits);
  if (const auto sram = table.find_memory(*a.memory, period_ns)) {
    Item item = sram_access(a, *sram, table);
    if (row == nullptr || item.pj_each < row->value_pj) return item;
  }
  Item item = from_row(table.row("register", bits, a.unit));
  item.memory = a.memory;
  return item;
}

Item price_access(const Activity& a, const EnergyTable& table, double period_ns) {
  SIM_CHECK(a.event == "sram_read" || a.event == "sram_write", "unit '{}' prices '{}' as a memory",
            a.unit, a.event);
  if (may_be_flip_flops(*a.memory)) return small_access(a, table, period_ns);
  return sram_access(a, table.memory(*a.memory, period_ns, a.unit), table);
}

/// Of the memories of these units, all banks.
double area_mm2(const std::vector<std::string>& units, const std::vector<StaticPart>& static_parts,
                const EnergyTable& table, double period_ns) {
  double area = 0;
  for (const StaticPart& part : static_parts) {
    const bool among = std::find(units.begin(), units.end(), part.unit) != units.end();
    if (!among || !part.memory || may_be_flip_flops(*part.memory)) continue;
    area += table.memory(*part.memory, period_ns, part.unit).price.area_mm2;
  }
  return area;
}

Item price(const Activity& a, const std::vector<StaticPart>& static_parts, const EnergyTable& table,
           double period_ns) {
  Item item = a.memory ? price_access(a, table, period_ns)
                       : from_row(table.row(a.event, a.width_bits, a.unit));
  item.estimated = a.estimated;
  if (!a.wires) return item;
  const double area = area_mm2(a.wires->over, static_parts, table, period_ns);
  item.wire_mm = std::sqrt(area * static_cast<double>(a.wires->ends));
  item.pj_each *= *item.wire_mm;
  return item;
}

/// A row that says what one bit leaks in one ns, for one cycle.
Item bit_leakage(std::string_view event, const StaticPart& part, const EnergyTable& table,
                 double period_ns) {
  Item item = from_row(table.row(event, 0, part.unit));
  item.pj_each *= period_ns;
  item.estimated = part.estimated;
  return item;
}

/// A bank of SRAM less than flip-flops for as many bits.
bool leaks_less(const PricedMemory& sram, const MemoryShape& shape, const EnergyTable& table) {
  const Row* row = table.find_row("register_leakage", 0);
  if (row == nullptr) return true;
  return sram.price.leakage_mw < static_cast<double>(shape.bank_bytes * 8) * row->value_pj;
}

void price_flip_flops(const StaticPart& part, const EnergyTable& table, std::uint64_t cycles,
                      double period_ns, Ledger& ledger) {
  Item item = bit_leakage("register_leakage", part, table, period_ns);
  item.memory = part.memory;
  ledger.add(std::move(item), part.unit, "bit_cycles", Part::kLeakage,
             base::checked_mul(base::checked_mul(part.memory->bank_bytes * 8, part.memory->banks),
                               cycles));
}

void price_sram(const StaticPart& part, const PricedMemory& bank, const EnergyTable& table,
                std::uint64_t cycles, double period_ns, Ledger& ledger) {
  Item item = from_memory(*part.memory, bank, table.sram_source());
  item.event = "sram_leakage";
  item.pj_each = bank.price.leakage_mw * period_ns;
  item.estimated = part.estimated;
  ledger.add(std::move(item), part.unit, "bank_cycles", Part::kLeakage,
             base::checked_mul(part.memory->banks, cycles));
}

void price_memory(const StaticPart& part, const EnergyTable& table, std::uint64_t cycles,
                  double period_ns, Ledger& ledger) {
  const MemoryShape& shape = *part.memory;
  MemoryShape one_bank = shape;
  one_bank.banks = 1;
  const bool small = may_be_flip_flops(shape);
  const auto sram =
      small ? table.find_memory(one_bank, period_ns) : table.memory(one_bank, period_ns, part.unit);
  if (small && !(sram && leaks_less(*sram, shape, table))) {
    price_flip_flops(part, table, cycles, period_ns, ledger);
  } else {
    price_sram(part, *sram, table, cycles, period_ns, ledger);
  }
}

void price_registers(const StaticPart& part, const EnergyTable& table, std::uint64_t cycles,
                     double period_ns, Ledger& ledger) {
  Item clock = from_row(table.row("register_clock", 0, part.unit));
  clock.estimated = part.estimated;
  ledger.add(std::move(clock), part.unit, "clocked_bit_cycles", Part::kClock,
             base::checked_mul(part.register_bits, part.clocked_cycles));
  ledger.add(bit_leakage("register_leakage", part, table, period_ns), part.unit, "bit_cycles",
             Part::kLeakage, base::checked_mul(part.register_bits, cycles));
}

void price_configuration(const StaticPart& part, const EnergyTable& table, std::uint64_t cycles,
                         double period_ns, Ledger& ledger) {
  ledger.add(bit_leakage("configuration_leakage", part, table, period_ns), part.unit, "bit_cycles",
             Part::kLeakage, base::checked_mul(part.configuration_bits, cycles));
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
  const auto counts = [&](const auto& what) { return !what.estimated || table.counts_estimates(); };
  for (const Activity& a : activities) {
    if (!counts(a)) continue;
    ledger.add(price(a, static_parts, table, period_ns), a.unit, a.counter, Part::kDynamic,
               a.count);
  }
  for (const StaticPart& part : static_parts) {
    if (!counts(part)) continue;
    if (part.memory) price_memory(part, table, cycles, period_ns, ledger);
    if (part.register_bits > 0) price_registers(part, table, cycles, period_ns, ledger);
    if (part.configuration_bits > 0) price_configuration(part, table, cycles, period_ns, ledger);
  }
  return ledger.take();
}

}  // namespace sim::energy
