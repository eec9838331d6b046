#include "sim/energy/area.h"

#include <algorithm>
#include <array>
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
    MemoryShape bank = shape;
    bank.banks = 1;
    if (!may_be_flip_flops(shape)) {
      add_sram(unit, purpose, shape, table_.memory(bank, period_ns_, unit));
      return;
    }
    const auto sram = table_.find_memory(bank, period_ns_);
    if (sram && sram->price.area_mm2 * kUm2PerMm2 < flip_flops_um2(unit, bank)) {
      add_sram(unit, purpose, shape, *sram);
    } else {
      add_flip_flops(unit, purpose, shape);
    }
  }

  /// What a small memory is made of.
  static std::array<LogicPart, 2> flip_flops(const std::string& unit, const std::string& purpose,
                                             const MemoryShape& shape) {
    const std::uint64_t bits = base::checked_mul(shape.bank_bytes, 8);
    const std::uint64_t word = std::min<std::uint64_t>(shape.width_bits, bits);
    const auto in_all = [&](std::uint64_t count) { return base::checked_mul(count, shape.banks); };
    return {energy::logic(unit, purpose, "flip_flop_enable", 1, in_all(bits)),
            energy::logic(unit, purpose, "multiplexer", 1, in_all(bits - word))};
  }

  double flip_flops_um2(const std::string& unit, const MemoryShape& shape) const {
    double um2 = 0;
    for (const LogicPart& part : flip_flops(unit, "", shape)) {
      um2 += static_cast<double>(part.count) *
             table_.areas().row(part.component, part.width_bits, unit).area_um2;
    }
    return um2 * table_.areas().overhead(unit).factor;
  }

  void add_flip_flops(const std::string& unit, const std::string& purpose,
                      const MemoryShape& shape) {
    for (const LogicPart& part : flip_flops(unit, purpose, shape)) add_logic(part, shape);
  }

  void add_sram(const std::string& unit, const std::string& purpose, const MemoryShape& shape,
                const PricedMemory& memory) {
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
