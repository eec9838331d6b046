#include "sim/stats/stats.h"

#include <algorithm>

namespace sim::stats {

std::uint64_t UnitStats::value(std::string_view name) const {
  const auto found = std::find_if(counters.begin(), counters.end(),
                                  [&](const CounterValue& c) { return c.name == name; });
  SIM_CHECK(found != counters.end(), "unit {} has no counter '{}'", unit, name);
  return found->value;
}

const UnitStats& Tree::unit(std::string_view name) const {
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const UnitStats& u) { return u.unit == name; });
  SIM_CHECK(found != units.end(), "the machine has no unit '{}'", name);
  return *found;
}

}  // namespace sim::stats
