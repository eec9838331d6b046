#pragma once

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "sim/hw/due_engine.h"

namespace sim::hw::bench {

struct Measured {
  double seconds = 0;  // CPU time of this thread
  std::uint64_t cycles = 0;
  std::uint64_t calls = 0;  // of all engines
};

inline double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Goes straight from one call to the next until `last` is done. It costs less than the kernel,
/// whose price is a call's.
template <class Last>
Measured run_until_done(const Last& last, std::uint64_t& now,
                        std::initializer_list<DueEngine*> units) {
  const double begin = cpu_seconds();
  while (!last.done()) {
    now = kNever;
    for (const DueEngine* u : units) now = std::min(now, u->due());
    for (DueEngine* u : units) {
      if (u->due() <= now) u->run(now);
    }
  }
  Measured m{cpu_seconds() - begin, now + 1};
  for (const DueEngine* u : units) m.calls += u->events();
  return m;
}

inline void keep_shorter(Measured& least, const Measured& m) {
  if (least.cycles == 0 || m.seconds < least.seconds) least = m;
}

/// `run(skip)` with each engine: the shortest of several, in turns, so that both meet the same
/// neighbours on the computer.
template <class Run>
void compare(benchmark::State& state, const Run& run) {
  constexpr int kRepetitions = 9;
  Measured tick, skip;
  for (auto _ : state) {
    for (int i = 0; i < kRepetitions; ++i) {
      keep_shorter(tick, run(false));
      keep_shorter(skip, run(true));
    }
  }
  if (tick.cycles != skip.cycles) state.SkipWithError("the engines disagree");
  state.counters["cycles"] = static_cast<double>(tick.cycles);
  state.counters["tick_ms"] = tick.seconds * 1e3;
  state.counters["skip_ms"] = skip.seconds * 1e3;
  state.counters["tick_over_skip"] = tick.seconds / skip.seconds;
  state.counters["calls_over_calls"] =
      static_cast<double>(tick.calls) / static_cast<double>(skip.calls);
  state.counters["skip_Mcycles_per_s"] = static_cast<double>(skip.cycles) / skip.seconds / 1e6;
}

template <class Run>
void add(const std::string& name, const Run& run) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [run](benchmark::State& state) { compare(state, run); })
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
}

}  // namespace sim::hw::bench
