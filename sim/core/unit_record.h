#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/accelerator.h"
#include "sim/stats/stats.h"

namespace sim::core {

/// What a unit of a machine has counted, as plain data; a machine lists those of its units. With
/// zeros it says which counters there are.
struct UnitRecord {
  std::string unit;
  std::vector<stats::CounterValue> cycles;  // busy, then every cause for not being busy, then idle
  std::vector<stats::CounterValue> counters{};  // of anything else

  /// All cycles.
  std::uint64_t total() const;
  std::uint64_t busy() const { return cycles.front().value; }
};

template <class Cycles>
UnitRecord unit_record(std::string_view unit, const Cycles& cycles,
                       std::span<const stats::Field<Cycles>> fields) {
  return {.unit = std::string(unit), .cycles = stats::values_of(cycles, fields)};
}

/// Every cycle of the run stands once in each unit's; base::SimulationError names the unit.
void check_cycles(std::span<const UnitRecord> units, std::uint64_t cycles);

/// Cycles and counters of all units.
stats::Tree tree_of(std::span<const UnitRecord> units);

/// units.csv: where the cycles of each unit went. At least one unit. Its columns are the causes of
/// all units, in the order in which they first come; cells of those that a unit lacks are empty.
Table unit_table(std::span<const UnitRecord> units);

/// stalls.csv of a machine whose units do not share a stall: a row for each cause that held a unit.
Table unit_stall_table(std::span<const UnitRecord> units);

/// Columns and cells of counters, for tables by something else than units.
template <class Counts>
void add_columns(Table& table, std::span<const stats::Field<Counts>> fields,
                 std::string_view suffix = "") {
  for (const auto& f : fields) {
    table.columns.push_back({std::string(f.name) + std::string(suffix), std::string(f.unit),
                             std::string(f.definition)});
  }
}
template <class Counts>
void add_cells(std::vector<Cell>& row, const Counts& counts,
               std::span<const stats::Field<Counts>> fields) {
  for (const auto& f : fields) row.emplace_back(counts.*f.member);
}

/// For the metrics dictionary: the tables of a run in which nothing happened say what each of their
/// columns means.
RunResult without_rows(RunResult result);

}  // namespace sim::core
