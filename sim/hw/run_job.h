#pragma once

#include <cstdint>
#include <systemc>

#include "sim/hw/clock.h"
#include "sim/hw/job_engine.h"

namespace sim::hw {

/// Lets the engine do the job that begins now, on the kernel's clock: the calling thread sleeps
/// from event to event. `passed(cycles)` is called after each event with the cycles since the one
/// before.
template <class Passed>
void run_job(JobEngine& engine, Passed passed) {
  while (!engine.done()) {
    const std::uint64_t since = now();
    sc_core::wait(cycles(engine.next_event() + 1 - since));
    engine.run_to(now() - 1);
    passed(now() - since);
  }
}

}  // namespace sim::hw
