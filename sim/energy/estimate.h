#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/energy/activity.h"
#include "sim/energy/energy_table.h"

namespace sim::energy {

enum class Part { kDynamic, kClock, kLeakage };

std::string_view part_name(Part part);

/// One line of energy.csv: pj_total = count * pj_each. For leakage, count is banks or bits times
/// cycles and pj_each the energy of one of them in one cycle.
struct Item {
  std::string unit;
  std::string counter;
  std::string event;
  Part part = Part::kDynamic;
  std::uint64_t count = 0;
  double pj_each = 0;
  double pj_total = 0;
  std::uint32_t width_bits = 0;       // of the row, or of the memory's word
  std::optional<MemoryShape> memory;  // what was priced as a memory
  std::optional<SramCells> cells;     // none: flip-flops
  std::uint32_t node_nm = 0;          // 0: off chip
  std::uint32_t scaled_from_nm = 0;   // 0: not scaled
  double voltage_v = 0;               // 0: off chip
  std::string source;
  bool estimated = false;         // the count is
  std::optional<double> wire_mm;  // that each of the counted bits passes
};

struct Split {
  double dynamic_pj = 0;
  double clock_pj = 0;
  double leakage_pj = 0;
  double estimated_pj = 0;  // of the three, what rests on estimated counts

  double total_pj() const { return dynamic_pj + clock_pj + leakage_pj; }
};

struct UnitEnergy {
  std::string unit;
  Split energy;
};

struct Estimate {
  std::vector<Item> items;
  std::vector<UnitEnergy> units;  // in the order of their first item
  Split total;
};

/// Energy = counts x table. `cycles` is the length of the run, in which static parts leak. An
/// activity without a row, and a memory too slow for the clock, are a ConfigError naming its unit.
/// What is estimated is left out if the table says so.
/// A memory of less than kLeastSramBytes costs what flip-flops do (an access the row `register`, a
/// bit leaks as register_leakage) or the least SRAM that is fast enough, each quantity the less.
Estimate estimate(const std::vector<Activity>& activities,
                  const std::vector<StaticPart>& static_parts, const EnergyTable& table,
                  std::uint64_t cycles, double clock_mhz);

}  // namespace sim::energy
