#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/check.h"

namespace sim::stats {

/// Units count into plain structs of std::uint64_t, so that the counts of one layer, one unit or a
/// whole run are the same type and can be added, compared and copied. A table of fields beside the
/// struct says what each member means.
template <class Counts>
struct Field {
  std::string_view name;
  std::string_view unit;
  std::string_view definition;
  std::uint64_t Counts::*member;
};

/// Adds every field of `more`; a sum beyond 64 bits is a failed check, never a small number.
template <class Counts>
void add(Counts& sum, const Counts& more, std::span<const Field<Counts>> fields) {
  for (const auto& f : fields) sum.*f.member = base::checked_add(sum.*f.member, more.*f.member);
}

/// A count with its meaning, for results after the machine is gone.
struct CounterValue {
  std::string name;
  std::string unit;
  std::string definition;
  std::uint64_t value = 0;
};

/// The counters of one unit of the machine.
struct UnitStats {
  std::string unit;
  std::vector<CounterValue> counters;

  /// The counter's value; a failed check when there is none of that name.
  std::uint64_t value(std::string_view name) const;
};

/// All units of a machine, in the order of the machine's description.
struct Tree {
  std::vector<UnitStats> units;

  const UnitStats& unit(std::string_view name) const;
};

template <class Counts>
void append(std::vector<CounterValue>& counters, const Counts& counts,
            std::span<const Field<Counts>> fields) {
  for (const auto& f : fields) {
    counters.push_back(
        {std::string(f.name), std::string(f.unit), std::string(f.definition), counts.*f.member});
  }
}

template <class Counts>
std::vector<CounterValue> values_of(const Counts& counts, std::span<const Field<Counts>> fields) {
  std::vector<CounterValue> values;
  append(values, counts, fields);
  return values;
}

}  // namespace sim::stats
