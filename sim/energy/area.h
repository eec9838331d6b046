#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/energy/activity.h"
#include "sim/energy/energy_table.h"

namespace sim::energy {

/// One line of area.csv: mm2_total = count * um2_each * overhead / 10^6.
struct AreaItem {
  std::string unit;
  std::string purpose;           // of logic, as the machine lists it; "registers" or "memory"
  std::string component;         // row of the list `areas`, or "sram"
  std::uint32_t width_bits = 0;  // of the row, or of the memory's word
  std::uint64_t count = 0;       // components; of SRAM, banks
  double um2_each = 0;
  double overhead = 1;  // of logic
  double mm2_total = 0;
  std::optional<MemoryShape> memory;  // that it is, or is a part of
  std::optional<SramCells> cells;     // none: logic
  std::uint32_t node_nm = 0;
  std::uint32_t scaled_from_nm = 0;  // 0: not scaled
  std::string source;
};

struct AreaSplit {
  double sram_mm2 = 0;
  double logic_mm2 = 0;  // flip-flops included, those of memories, too

  double total_mm2() const { return sram_mm2 + logic_mm2; }
};

struct UnitArea {
  std::string unit;
  AreaSplit area;
};

struct Area {
  std::vector<AreaItem> items;
  std::vector<UnitArea> units;  // in the order of their first item
  AreaSplit total;
};

/// Area on the chip of the parts; what is off chip or on no list has none. A bit of registers is a
/// flip_flop. A memory is SRAM of the cells that the clock asks for, as large as its row says,
/// without overhead; one of less than kLeastSramBytes is that or, if they take less, a
/// flip_flop_enable for each bit and multiplexers that read one word of a bank. ConfigError for a
/// part without a row, for logic without the overhead, and as EnergyTable::memory.
Area area_of(const std::vector<StaticPart>& static_parts, const std::vector<LogicPart>& logic_parts,
             const EnergyTable& table, double clock_mhz);

}  // namespace sim::energy
