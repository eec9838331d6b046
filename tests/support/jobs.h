#pragma once

#include <cstdint>

#include "sim/hw/job_engine.h"

namespace sim::test {

/// Lets an engine do the job that it began in cycle `begin`, from event to event; the cycles that
/// it took. `event(cycle)` is called with the first cycle in which others see each.
template <class Event>
std::uint64_t cycles_of_job(hw::JobEngine& engine, std::uint64_t begin, Event event) {
  std::uint64_t now = begin;
  while (!engine.done()) {
    now = engine.next_event() + 1;
    engine.run_to(now - 1);
    event(now);
  }
  return now - begin;
}

inline std::uint64_t cycles_of_job(hw::JobEngine& engine, std::uint64_t begin = 0) {
  return cycles_of_job(engine, begin, [](std::uint64_t /*cycle*/) {});
}

}  // namespace sim::test
