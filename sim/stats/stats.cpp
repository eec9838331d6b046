#include "sim/stats/stats.h"

#include <algorithm>

namespace sim::stats {
namespace {

/// The entry named `name` of a list, whatever holds it.
template <class List, class Name>
const auto& find(const List& list, std::string_view name, Name name_of, std::string_view owner) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const auto& item) { return name_of(item) == name; });
  SIM_CHECK(found != list.end(), "{} has no '{}'", owner, name);
  return *found;
}

}  // namespace

Counter::Counter(Group& group, std::string_view name, std::string_view unit,
                 std::string_view description)
    : name_(name), unit_(unit), description_(description) {
  group.counters_.push_back(this);
}

std::uint64_t Group::value(std::string_view name) const {
  return find(
             counters_, name, [](const Counter* c) { return c->name(); }, unit_)
      ->value();
}

std::uint64_t UnitStats::value(std::string_view name) const {
  return find(
             counters, name, [](const CounterValue& c) { return c.name; }, unit)
      .value;
}

const UnitStats& Tree::unit(std::string_view name) const {
  return find(
      units, name, [](const UnitStats& u) { return u.unit; }, "the machine");
}

UnitStats snapshot(const Group& group) {
  UnitStats copy{group.unit(), group.kind(), {}};
  for (const Counter* c : group.counters()) {
    copy.counters.push_back({c->name(), c->unit(), c->description(), c->value()});
  }
  return copy;
}

}  // namespace sim::stats
