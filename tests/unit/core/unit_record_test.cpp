#include "sim/core/unit_record.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "sim/base/error.h"

namespace sim::core {
namespace {

UnitRecord unit(const std::string& name, std::vector<stats::CounterValue> cycles) {
  return {.unit = name, .cycles = std::move(cycles)};
}

stats::CounterValue cycles(const std::string& name, std::uint64_t value) {
  return {name, "cycles", "of " + name, value};
}

std::string text_of(const Cell& cell) {
  const auto* number = std::get_if<std::uint64_t>(&cell);
  return number != nullptr ? std::to_string(*number) : "";
}

TEST(UnitTable, UnitsOfOtherCausesHaveColumnsOfTheirOwnBeforeIdle) {
  const std::vector<UnitRecord> units{
      unit("array", {cycles("busy", 5), cycles("input_waits", 2), cycles("idle", 3)}),
      unit("dram", {cycles("busy", 4), cycles("refresh_waits", 6), cycles("idle", 0)})};
  const Table t = unit_table(units);
  std::vector<std::string> names;
  for (const Metric& m : t.columns) names.push_back(m.name);
  EXPECT_EQ(names, (std::vector<std::string>{"unit", "busy", "input_waits", "refresh_waits", "idle",
                                             "cycles", "busy_percent"}));
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : t.rows) {
    rows.emplace_back();
    for (std::size_t i = 1; i < 6; ++i) rows.back().push_back(text_of(row[i]));
  }
  EXPECT_EQ(rows, (std::vector<std::vector<std::string>>{{"5", "2", "", "3", "10"},
                                                         {"4", "", "6", "0", "10"}}));
}

TEST(UnitTable, UnitsOfTheSameCausesLeaveNoCellEmpty) {
  const std::vector<UnitRecord> units{unit("a", {cycles("busy", 1), cycles("idle", 2)}),
                                      unit("b", {cycles("busy", 3), cycles("idle", 0)})};
  const Table t = unit_table(units);
  EXPECT_EQ(t.columns.size(), 5u);
  for (const auto& row : t.rows) {
    for (std::size_t i = 1; i < 4; ++i) EXPECT_NE(text_of(row[i]), "");
  }
}

TEST(CheckCycles, AUnitThatLosesACycleIsNamed) {
  const std::vector<UnitRecord> units{unit("a", {cycles("busy", 1), cycles("idle", 2)}),
                                      unit("b", {cycles("busy", 1), cycles("idle", 1)})};
  try {
    check_cycles(units, 3);
    FAIL();
  } catch (const base::SimulationError& e) {
    EXPECT_NE(std::string(e.what()).find("b: 1 busy + 1 idle are not the run's 3 cycles"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace sim::core
