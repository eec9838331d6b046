#include "sim/stats/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "sim/base/rng.h"

namespace sim::stats {
namespace {

using Amounts = std::vector<std::uint64_t>;

constexpr std::uint64_t kWhole = std::numeric_limits<std::uint64_t>::max();

TEST(Timeline, SpreadsAnAmountEvenlyAndLosesNothing) {
  Timeline timeline({0, 100});
  const auto s = timeline.series("array", "macs", "MACs/cycle");
  timeline.add(s, 2, 5, 7);
  const auto data = timeline.take(6);
  EXPECT_EQ(data.step, 1u);
  EXPECT_EQ(data.series.at(0).amounts, (Amounts{0, 0, 2, 2, 3, 0}));
}

TEST(Timeline, AnAmountInNoTimeCountsInTheCycleBefore) {
  Timeline timeline({0, 100});
  const auto s = timeline.series("array", "macs", "MACs/cycle");
  timeline.add(s, 3, 3, 7);
  timeline.add(s, 0, 0, 1);
  EXPECT_EQ(timeline.take(3).series.at(0).amounts, (Amounts{1, 0, 7}));
}

TEST(Timeline, HoldsTheWindowOnly) {
  Timeline timeline({4, 8});
  const auto s = timeline.series("array", "macs", "MACs/cycle");
  timeline.add(s, 0, 10, 10);
  timeline.add(s, 8, 9, 5);
  timeline.span("array", "before", 0, 4);
  timeline.span("array", "over the edge", 3, 5);
  timeline.span("array", "after", 8, 9);
  const auto data = timeline.take(20);
  EXPECT_EQ(data.series.at(0).amounts, (Amounts{1, 1, 1, 1}));
  ASSERT_EQ(data.spans.size(), 1u);
  EXPECT_EQ(data.spans[0].name, "over the edge");
}

TEST(Timeline, WindowEndsWithTheRun) {
  Timeline timeline({10, kWhole});
  timeline.add(timeline.series("array", "macs", "MACs/cycle"), 10, 11, 1);
  const auto data = timeline.take(15);
  EXPECT_EQ(data.window.to, 15u);
  EXPECT_EQ(data.series.at(0).amounts.size(), 5u);
}

TEST(Timeline, SeriesWithoutAnyAmountIsLeftOut) {
  Timeline timeline({0, 100});
  timeline.series("array", "never", "x");
  timeline.add(timeline.series("array", "macs", "MACs/cycle"), 0, 1, 1);
  const auto data = timeline.take(10);
  ASSERT_EQ(data.series.size(), 1u);
  EXPECT_EQ(data.series[0].name, "macs");
}

TEST(Timeline, StepsDoubleUntilTheyAreFewEnough) {
  Timeline timeline({0, kWhole}, {.spans = 1, .steps = 4});
  const auto s = timeline.series("array", "macs", "MACs/cycle");
  for (std::uint64_t cycle = 0; cycle < 9; ++cycle) timeline.add(s, cycle, cycle + 1, cycle);
  const auto data = timeline.take(9);
  EXPECT_EQ(data.step, 4u);
  EXPECT_EQ(data.series.at(0).amounts, (Amounts{0 + 1 + 2 + 3, 4 + 5 + 6 + 7, 8}));
}

/// Calls drawn at random; the same calls in another order.
TEST(Timeline, OrderOfCallsDoesNotMatterWhateverTheSteps) {
  struct Call {
    std::uint64_t begin, end, amount;
  };
  base::Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Call> calls(1 + rng.below(40));
    for (Call& c : calls) {
      c.begin = rng.below(300);
      c.end = c.begin + rng.below(60);
      c.amount = rng.below(1000);
    }
    const CycleWindow window{rng.below(100), 100 + rng.below(300)};
    const TimelineLimits limits{.spans = 1 + rng.below(20), .steps = 1 + rng.below(70)};
    const auto collect = [&] {
      Timeline timeline(window, limits);
      const auto s = timeline.series("u", "n", "r");
      for (const Call& c : calls) {
        timeline.add(s, c.begin, c.end, c.amount);
        timeline.span("u", std::to_string(c.amount), c.begin, c.end);
      }
      return timeline.take(360);
    };
    const auto a = collect();
    std::reverse(calls.begin(), calls.end());
    const auto b = collect();
    EXPECT_EQ(a.step, b.step);
    EXPECT_EQ(a.spans_before, b.spans_before);
    EXPECT_EQ(a.spans_left_out, b.spans_left_out);
    ASSERT_EQ(a.series.size(), b.series.size());
    for (std::size_t i = 0; i < a.series.size(); ++i) {
      EXPECT_EQ(a.series[i].amounts, b.series[i].amounts);
      EXPECT_LE(a.series[i].amounts.size(), limits.steps);
    }
    ASSERT_EQ(a.spans.size(), b.spans.size());
    for (std::size_t i = 0; i < a.spans.size(); ++i) EXPECT_EQ(a.spans[i].name, b.spans[i].name);
  }
}

TEST(Timeline, AmountsSumUpWhateverTheSteps) {
  base::Rng rng(8);
  for (int round = 0; round < 100; ++round) {
    Timeline timeline({0, kWhole}, {.spans = 1, .steps = 1 + rng.below(50)});
    const auto s = timeline.series("u", "n", "r");
    std::uint64_t sum = 0;
    for (int call = 0; call < 30; ++call) {
      const std::uint64_t begin = rng.below(1u << 20);
      const std::uint64_t amount = rng.below(kWhole >> 8);
      timeline.add(s, begin, begin + rng.below(1u << 20), amount);
      sum += amount;
    }
    const auto data = timeline.take(1u << 21);
    const Amounts& amounts = data.series.at(0).amounts;
    EXPECT_EQ(std::accumulate(amounts.begin(), amounts.end(), std::uint64_t{0}), sum);
  }
}

TEST(Timeline, TooManySpansKeepAllThatBeginBeforeACycle) {
  Timeline timeline({0, kWhole}, {.spans = 10, .steps = 4});
  for (std::uint64_t i = 0; i < 100; ++i) timeline.span("u", "n", 99 - i, 200);
  const auto data = timeline.take(200);
  ASSERT_EQ(data.spans.size(), 10u);
  EXPECT_EQ(data.spans_before, 10u);
  EXPECT_EQ(data.spans_left_out, 90u);
  EXPECT_EQ(data.spans.back().begin, 9u);
}

struct Counts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
};

constexpr Field<Counts> kFields[] = {
    {"reads", "words", "words delivered", &Counts::reads},
    {"writes", "words", "words accepted", &Counts::writes},
};

TEST(CountSeries, AddsWhatWasCountedBetweenTwoStates) {
  Timeline timeline({0, 100});
  CountSeries<Counts> series(&timeline, "fifo", kFields);
  series.add({1, 5}, {3, 5}, 0, 2);
  const auto data = timeline.take(2);
  ASSERT_EQ(data.series.size(), 1u);
  EXPECT_EQ(data.series[0].unit, "fifo");
  EXPECT_EQ(data.series[0].name, "reads");
  EXPECT_EQ(data.series[0].rate_unit, "words/cycle");
  EXPECT_EQ(data.series[0].amounts, (Amounts{1, 1}));
}

}  // namespace
}  // namespace sim::stats
