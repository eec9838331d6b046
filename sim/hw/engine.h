#pragma once

#include <cstdint>
#include <limits>

namespace sim::hw {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// The timing of a unit: it acts in cycles, and what it does in a cycle others see in the next. A
/// tick engine asks for every cycle; a skip engine asks for the first cycle in which it does
/// something by itself that others see, and is called earlier when what it sees of a neighbour has
/// changed.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Does everything up to and including `cycle`, which is later than that of the call before and
  /// not later than next_event(). In the cycles between the two calls no neighbour changed.
  virtual void run_to(std::uint64_t cycle) = 0;
  /// The first cycle in which it must run even if no neighbour changes; kNever when it waits for
  /// one.
  virtual std::uint64_t next_event() const = 0;
};

}  // namespace sim::hw
