#include <gtest/gtest.h>

#include <numeric>

#include "sim/base/rng.h"
#include "sim/hw/unit_cycles.h"

namespace sim::hw {
namespace {

constexpr std::uint64_t UnitCycles::*kAll[] = {&UnitCycles::busy, &UnitCycles::input_waits,
                                               &UnitCycles::output_waits, &UnitCycles::idle};

/// Every cycle stands under the field of the time in which it passed, and no cycle twice.
TEST(CycleBook, BooksEachCycleOnce) {
  base::Rng rng(5);
  CycleBook book;
  UnitCycles expected;
  std::uint64_t now = 0;
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t cycles = rng.below(20);
    auto field = kAll[rng.below(4)];
    expected.*field += cycles;
    now += cycles;
    EXPECT_EQ(book.book_until(field, now), cycles);
  }
  for (auto field : kAll) EXPECT_EQ(book.cycles().*field, expected.*field);
  EXPECT_EQ(book.cycles().total(), now);
  EXPECT_EQ(book.book_until(&UnitCycles::idle, now), 0u);
}

std::uint64_t sum_of(const stats::TimelineData& timeline, const std::string& name) {
  for (const stats::Series& s : timeline.series) {
    if (s.name == name) return std::accumulate(s.amounts.begin(), s.amounts.end(), 0ull);
  }
  return 0;
}

TEST(CycleBook, ShowsEachCycleOnTheTimeline) {
  stats::Timeline timeline({0, 1000}, {.spans = 10, .steps = 16});
  CycleBook book(&timeline, "unit");
  book.book_until(&UnitCycles::busy, 10);
  book.book_until(&UnitCycles::input_waits, 30);
  book.book_until(&UnitCycles::busy, 37);
  const stats::TimelineData data = timeline.take(37);
  EXPECT_EQ(sum_of(data, "busy_cycles"), 17u);
  EXPECT_EQ(sum_of(data, "input_wait_cycles"), 20u);
  EXPECT_EQ(sum_of(data, "idle_cycles"), 0u);
}

}  // namespace
}  // namespace sim::hw
