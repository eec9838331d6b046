#pragma once

#include <deque>
#include <systemc>
#include <utility>

namespace sim::hw {

/// Commands to a unit, in order. A command pushed in a cycle can be popped in the same cycle.
/// Unbounded, as an instruction memory that the sequencer fills ahead; what limits a unit is its
/// data, not its commands.
template <class T>
class CommandQueue : public sc_core::sc_module {
 public:
  explicit CommandQueue(const sc_core::sc_module_name& name) : sc_module(name) {}

  void push(T command) {
    commands_.push_back(std::move(command));
    changed_.notify(sc_core::SC_ZERO_TIME);
  }

  /// Blocks the calling thread until there is a command.
  T pop() {
    while (commands_.empty()) sc_core::wait(changed_);
    T command = std::move(commands_.front());
    commands_.pop_front();
    return command;
  }

  bool empty() const { return commands_.empty(); }

 private:
  std::deque<T> commands_;
  sc_core::sc_event changed_{"changed"};
};

}  // namespace sim::hw
