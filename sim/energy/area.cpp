#include "sim/energy/area.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::energy {
namespace {

constexpr double kUm2PerMm2 = 1e6;

/// Prices parts and adds them up by unit.
class Floor {
 public:
  Floor(const EnergyTable& table, double period_ns) : table_(table), period_ns_(period_ns) {}

  void add(const StaticPart& part) {
    if (part.memory) add_memory(part.unit, "memory", *part.memory);
    if (part.register_bits == 0) return;
    add_logic(energy::logic(part.unit, "registers", "flip_flop", 1, part.register_bits));
  }

  void add(const LogicPart& part) {
    if (part.memory) {
      add_memory(part.unit, part.purpose, *part.memory);
    } else {
      add_logic(part);
    }
  }

  Area take() { return std::move(area_); }

 private:
  void add_logic(const LogicPart& part, const std::optional<MemoryShape>& of = {}) {
    const AreaRow& row = table_.areas().row(part.component, part.width_bits, part.unit);
    book({.unit = part.unit,
          .purpose = part.purpose,
          .component = part.component,
          .width_bits = row.width_bits,
          .count = part.count,
          .um2_each = row.area_um2,
          .overhead = table_.areas().overhead(part.unit).factor,
          .mm2_total = 0,
          .memory = of,
          .cells = {},
          .node_nm = row.node_nm,
          .scaled_from_nm = row.scaled_from_nm,
          .source = row.source});
  }

  void add_memory(const std::string& unit, const std::string& purpose, const MemoryShape& shape) {
    if (shape.bank_bytes < kLeastSramBytes) {
      add_flip_flops(unit, purpose, shape);
    } else {
      add_sram(unit, purpose, shape);
    }
  }

  void add_flip_flops(const std::string& unit, const std::string& purpose,
                      const MemoryShape& shape) {
    const std::uint64_t bits = base::checked_mul(shape.bank_bytes, 8);
    const std::uint64_t word = std::min<std::uint64_t>(shape.width_bits, bits);
    const auto each_bank = [&](const char* component, std::uint64_t count) {
      add_logic(energy::logic(unit, purpose, component, 1, base::checked_mul(count, shape.banks)),
                shape);
    };
    each_bank("flip_flop_enable", bits);
    each_bank("multiplexer", bits - word);
  }

  void add_sram(const std::string& unit, const std::string& purpose, const MemoryShape& shape) {
    MemoryShape bank = shape;
    bank.banks = 1;
    const PricedMemory memory = table_.memory(bank, period_ns_, unit);
    const SramSource& source = table_.sram_source();
    book({.unit = unit,
          .purpose = purpose,
          .component = "sram",
          .width_bits = shape.width_bits,
          .count = shape.banks,
          .um2_each = memory.price.area_mm2 * kUm2PerMm2,
          .overhead = 1,
          .mm2_total = 0,
          .memory = shape,
          .cells = memory.cells,
          .node_nm = source.node_nm,
          .scaled_from_nm = 0,
          .source = source.source});
  }

  void book(AreaItem item) {
    item.mm2_total = static_cast<double>(item.count) * item.um2_each * item.overhead / kUm2PerMm2;
    const auto part = item.cells ? &AreaSplit::sram_mm2 : &AreaSplit::logic_mm2;
    split_of(item.unit).*part += item.mm2_total;
    area_.total.*part += item.mm2_total;
    area_.items.push_back(std::move(item));
  }

  AreaSplit& split_of(const std::string& unit) {
    const auto found = std::find_if(area_.units.begin(), area_.units.end(),
                                    [&](const UnitArea& u) { return u.unit == unit; });
    if (found != area_.units.end()) return found->area;
    return area_.units.emplace_back(UnitArea{unit, {}}).area;
  }

  const EnergyTable& table_;
  const double period_ns_;
  Area area_;
};

}  // namespace

Area area_of(const std::vector<StaticPart>& static_parts, const std::vector<LogicPart>& logic_parts,
             const EnergyTable& table, double clock_mhz) {
  SIM_CHECK(clock_mhz > 0, "clock of {} MHz", clock_mhz);
  Floor floor(table, 1000.0 / clock_mhz);
  for (const StaticPart& part : static_parts) floor.add(part);
  for (const LogicPart& part : logic_parts) floor.add(part);
  return floor.take();
}

}  // namespace sim::energy
