#pragma once

#include <cstdint>
#include <systemc>

#include "sim/hw/clock.h"
#include "sim/hw/job_engine.h"

namespace sim::hw {

/// Lets the engine do the job that begins now, on the kernel's clock: the calling thread sleeps
/// from event to event and calls `on_event` in the cycle in which others see each.
template <class OnEvent>
void run_job(JobEngine& engine, OnEvent on_event) {
  while (!engine.done()) {
    sc_core::wait(cycles(engine.next_event() + 1 - now()));
    engine.run_to(now() - 1);
    on_event();
  }
}

}  // namespace sim::hw
