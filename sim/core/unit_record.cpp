#include "sim/core/unit_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/core/ratios.h"

namespace sim::core {
namespace {

std::string sum_of(const std::vector<stats::CounterValue>& cycles) {
  std::string text;
  for (const stats::CounterValue& c : cycles) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " + ", c.value, c.name);
  }
  return text;
}

const stats::CounterValue* find(const std::vector<stats::CounterValue>& counters,
                                const std::string& name) {
  const auto found = std::ranges::find(counters, name, &stats::CounterValue::name);
  return found == counters.end() ? nullptr : &*found;
}

/// Of all units: busy, then every cause once, then idle.
std::vector<stats::CounterValue> causes_of(std::span<const UnitRecord> units) {
  std::vector<stats::CounterValue> causes = units.front().cycles;
  for (const UnitRecord& u : units) {
    for (const stats::CounterValue& c : u.cycles) {
      if (find(causes, c.name) == nullptr) causes.insert(causes.end() - 1, c);
    }
  }
  return causes;
}

}  // namespace

std::uint64_t UnitRecord::total() const {
  std::uint64_t sum = 0;
  for (const stats::CounterValue& c : cycles) sum = base::checked_add(sum, c.value);
  return sum;
}

void check_cycles(std::span<const UnitRecord> units, std::uint64_t cycles) {
  for (const UnitRecord& u : units) {
    SIM_CHECK(u.total() == cycles, "{}: {} are not the run's {} cycles", u.unit, sum_of(u.cycles),
              cycles);
  }
}

stats::Tree tree_of(std::span<const UnitRecord> units) {
  stats::Tree tree;
  for (const UnitRecord& u : units) {
    tree.units.push_back({u.unit, u.cycles});
    auto& counters = tree.units.back().counters;
    counters.insert(counters.end(), u.counters.begin(), u.counters.end());
  }
  return tree;
}

Table unit_table(std::span<const UnitRecord> units) {
  Table t{"units", "one row a unit: where its cycles went", {}, {}};
  t.columns = {{"unit", "", "unit of the machine"}};
  const std::vector<stats::CounterValue> causes = causes_of(units);
  for (const stats::CounterValue& c : causes) {
    t.columns.push_back({c.name, c.unit, c.definition});
  }
  t.columns.push_back({"cycles", "cycles", "sum of the row: cycles of the run"});
  t.columns.push_back({"busy_percent", "%", "busy_cycles / cycles"});
  for (const UnitRecord& u : units) {
    std::vector<Cell> row{u.unit};
    for (const stats::CounterValue& c : causes) {
      const stats::CounterValue* own = find(u.cycles, c.name);
      row.push_back(cell_if(own != nullptr, own != nullptr ? own->value : 0));
    }
    row.emplace_back(u.total());
    row.emplace_back(percent(u.busy(), u.total()));
    t.rows.push_back(std::move(row));
  }
  return t;
}

Table unit_stall_table(std::span<const UnitRecord> units) {
  Table t{"stalls",
          "one row a unit and cause for which it did not work; causes that never held a unit are "
          "left out",
          {{"unit", "", "unit of the machine"},
           {"cause", "", "column of units.csv"},
           {"cycles", "cycles", "cycles lost to it"},
           {"percent", "%", "of the cycles of the run"}},
          {}};
  for (const UnitRecord& u : units) {
    for (std::size_t i = 1; i < u.cycles.size(); ++i) {
      const stats::CounterValue& c = u.cycles[i];
      if (c.value > 0) t.rows.push_back({u.unit, c.name, c.value, percent(c.value, u.total())});
    }
  }
  return t;
}

RunResult without_rows(RunResult result) {
  for (Table& table : result.tables) table.rows.clear();
  return result;
}

}  // namespace sim::core
