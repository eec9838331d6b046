#pragma once

#include <cstdint>

namespace sim::hw {

/// The timing of one piece of work inside a unit. The unit's module calls advance(), sleeps for as
/// many cycles as it returned, and repeats until done(). A tick engine advances one cycle a call; a
/// skip engine goes to the next event that another unit can see. Both end after the same number of
/// cycles with the same counters.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Cycles (>= 1) up to the next visible event. Must not be called when done().
  virtual std::uint64_t advance() = 0;
  virtual bool done() const = 0;
};

}  // namespace sim::hw
