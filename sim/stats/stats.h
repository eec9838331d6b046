#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/check.h"

namespace sim::stats {

class Group;

/// A count of events. Never wraps: an overflow is a failed check.
class Counter {
 public:
  Counter(Group& group, std::string_view name, std::string_view unit, std::string_view description);
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void add(std::uint64_t n) { value_ = base::checked_add(value_, n); }
  std::uint64_t value() const { return value_; }
  const std::string& name() const { return name_; }
  const std::string& unit() const { return unit_; }
  const std::string& description() const { return description_; }

 private:
  std::string name_;
  std::string unit_;
  std::string description_;
  std::uint64_t value_ = 0;
};

/// The counters of one unit, in the order of declaration. `kind` names the rows of the energy table
/// that price them.
class Group {
 public:
  Group(std::string_view unit, std::string_view kind) : unit_(unit), kind_(kind) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  const std::string& unit() const { return unit_; }
  const std::string& kind() const { return kind_; }
  const std::vector<const Counter*>& counters() const { return counters_; }
  /// The counter's value; a failed check when there is none of that name.
  std::uint64_t value(std::string_view name) const;

 private:
  friend class Counter;
  std::string unit_;
  std::string kind_;
  std::vector<const Counter*> counters_;
};

/// Plain copy of a Group, for results after the machine is gone.
struct CounterValue {
  std::string name;
  std::string unit;
  std::string description;
  std::uint64_t value = 0;
};

struct UnitStats {
  std::string unit;
  std::string kind;
  std::vector<CounterValue> counters;

  std::uint64_t value(std::string_view name) const;
};

/// All units of a machine, in the order of the machine's description.
struct Tree {
  std::vector<UnitStats> units;

  const UnitStats& unit(std::string_view name) const;
};

UnitStats snapshot(const Group& group);

}  // namespace sim::stats
