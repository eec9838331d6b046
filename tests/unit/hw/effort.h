#pragma once

#include <gtest/gtest.h>

#include <cstdint>

namespace sim::hw::test {

/// Of an engine in some cases.
struct Effort {
  std::uint64_t events = 0;  // how often it was called
  std::uint64_t cycles = 0;

  Effort& operator+=(const Effort& more) {
    events += more.events;
    cycles += more.cycles;
    return *this;
  }
};

/// The same cases with stretches in which nothing changes ten times as long: many more cycles, as
/// many events to so many percent.
inline void expect_events_of_changes(const Effort& some, const Effort& longer,
                                     std::uint64_t times_the_cycles, std::uint64_t percent = 5) {
  EXPECT_GT(longer.cycles, times_the_cycles * some.cycles);
  EXPECT_LT(longer.events * 100, some.events * (100 + percent));
  EXPECT_GT(longer.events * 100, some.events * (100 - percent));
}

}  // namespace sim::hw::test
