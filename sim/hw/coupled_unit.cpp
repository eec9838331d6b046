#include "sim/hw/coupled_unit.h"

#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"

namespace sim::hw {

CoupledUnit::CoupledUnit(const sc_core::sc_module_name& name, Engine& engine,
                         std::exception_ptr& failure)
    : sc_module(name), engine_(engine), failure_(failure) {
  SC_METHOD(react);
}

void CoupledUnit::wake() { changed_.notify(cycles(1)); }

void CoupledUnit::react() {
  guard_process(failure_, [this] {
    ++events_;
    engine_.run_to(now());
    done_until_ = now() + 1;
    sleep();
  });
}

void CoupledUnit::sleep() {
  const std::uint64_t next = engine_.next_event();
  if (next == kNever) {
    next_trigger(changed_);
  } else {
    next_trigger(cycles(next - now()), changed_);
  }
}

void CoupledUnit::finish(std::uint64_t last_cycle) {
  if (done_until_ <= last_cycle) engine_.run_to(last_cycle);
  done_until_ = last_cycle + 1;
}

}  // namespace sim::hw
