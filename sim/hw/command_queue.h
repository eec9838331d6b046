#pragma once

#include <cstdint>
#include <deque>
#include <systemc>
#include <utility>

#include "sim/hw/clock.h"

namespace sim::hw {

/// Commands to a unit, in order. A command pushed in a cycle can be popped in the same cycle.
/// Unbounded, as an instruction memory that the sequencer fills ahead; what limits a unit is its
/// data, not its commands.
template <class T>
class CommandQueue : public sc_core::sc_module {
 public:
  explicit CommandQueue(const sc_core::sc_module_name& name) : sc_module(name) {}

  void push(T command) {
    waiting_.push_back({std::move(command), now()});
    changed_.notify(sc_core::SC_ZERO_TIME);
  }

  /// Blocks the calling thread until there is a command.
  T pop() {
    while (waiting_.empty()) sc_core::wait(changed_);
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    popped_since_ = first.since;
    return std::move(first.command);
  }

  bool empty() const { return waiting_.empty(); }
  /// The command that is popped next; null if there is none yet.
  const T* front() const { return waiting_.empty() ? nullptr : &waiting_.front().command; }
  /// The cycle in which the command popped last was pushed.
  std::uint64_t popped_since() const { return popped_since_; }

 private:
  struct Waiting {
    T command;
    std::uint64_t since;
  };

  std::deque<Waiting> waiting_;
  std::uint64_t popped_since_ = 0;
  sc_core::sc_event changed_{"changed"};
};

}  // namespace sim::hw
