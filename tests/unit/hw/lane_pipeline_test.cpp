#include "sim/hw/lane_pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/base/math.h"
#include "sim/base/rng.h"
#include "tests/support/jobs.h"

namespace sim::hw {
namespace {

std::uint64_t run(LanePipeline& engine, const LaneWork& work) {
  constexpr std::uint64_t kBegin = 1000;
  engine.start(work, kBegin);
  return sim::test::cycles_of_job(engine, kBegin);
}

TEST(LanePipeline, TakesPassesOfElementsOverLanesAndThenItsLatency) {
  LanePipelineTick tick(16);
  EXPECT_EQ(run(tick, {.elements = 33, .passes = 3, .latency_cycles = 10}), 3u * 3 + 10);
}

TEST(LanePipeline, NothingTakesOnlyTheLatency) {
  LanePipelineTick tick(4);
  LanePipelineSkip skip(4);
  EXPECT_EQ(run(tick, {.elements = 0, .passes = 2, .latency_cycles = 5}), 5u);
  EXPECT_EQ(run(skip, {.elements = 0, .passes = 2, .latency_cycles = 5}), 5u);
}

/// When each part of a job is done, element by element: each takes the first lane that no earlier
/// one has, in a cycle in which its part is there.
std::vector<std::uint64_t> placed(const std::vector<LaneWork>& parts, std::uint32_t lanes) {
  std::vector<std::uint64_t> ends;
  std::uint64_t cycle = 0;
  std::uint32_t used = 0;  // lanes of the cycle
  for (const LaneWork& part : parts) {
    for (std::uint64_t e = 0; e < part.elements; ++e) {
      if (used == lanes || part.ready > cycle) {
        cycle = std::max(cycle + (used == lanes ? 1 : 0), part.ready);
        used = 0;
      }
      ++used;
    }
    const std::uint64_t until = used > 0 ? cycle + 1 : 0;
    ends.push_back(std::max(part.ready, until));
  }
  return ends;
}

/// The same of an engine, which begins a part when it is there and the one before is done.
std::vector<std::uint64_t> ends_of(LanePipeline& engine, const std::vector<LaneWork>& parts) {
  std::vector<std::uint64_t> ends;
  std::uint64_t now = 0;
  for (const LaneWork& part : parts) {
    now = std::max(now, part.ready);
    engine.start(part, now);
    now += sim::test::cycles_of_job(engine, now);
    ends.push_back(now);
  }
  return ends;
}

void expect_placed(const std::vector<LaneWork>& parts, std::uint32_t lanes) {
  LanePipelineTick tick(lanes);
  LanePipelineSkip skip(lanes);
  const std::vector<std::uint64_t> ends = placed(parts, lanes);
  ASSERT_EQ(ends_of(tick, parts), ends) << lanes << " lanes";
  ASSERT_EQ(ends_of(skip, parts), ends) << lanes << " lanes";
}

TEST(LanePipeline, PartThatComesLaterGetsNoLaneOfAnEarlierCycle) {
  LanePipelineTick tick(16);
  EXPECT_EQ(ends_of(tick, {{.elements = 8}, {.elements = 8, .first_part = false, .ready = 50}}),
            (std::vector<std::uint64_t>{1, 51}));
}

TEST(LanePipeline, TwoPartsOfEverySizeTakeTheFirstLanesFromTheirCycleOn) {
  for (std::uint32_t lanes = 1; lanes <= 5; ++lanes) {
    for (std::uint64_t first = 0; first <= 12; ++first) {
      for (std::uint64_t second = 0; second <= 12; ++second) {
        for (std::uint64_t ready = 0; ready <= 14; ++ready) {
          expect_placed(
              {{.elements = first}, {.elements = second, .first_part = false, .ready = ready}},
              lanes);
        }
      }
    }
  }
}

/// Parts of up to 100 elements that come up to `most_wait` cycles after each other.
std::vector<LaneWork> random_parts(base::Rng& rng, std::uint32_t passes, std::uint64_t most_wait) {
  std::vector<LaneWork> parts(1 + rng.below(8));
  std::uint64_t ready = 0;
  for (LaneWork& part : parts) {
    ready += rng.below(most_wait + 1);
    part = {.elements = rng.below(100),
            .passes = passes,
            .first_part = &part == &parts.front(),
            .ready = ready};
  }
  return parts;
}

TEST(LanePipeline, ManyPartsTakeTheFirstLanesFromTheirCycleOn) {
  base::Rng rng(1);
  for (int trial = 0; trial < 5000; ++trial) {
    const auto lanes = static_cast<std::uint32_t>(1 + rng.below(40));
    expect_placed(random_parts(rng, 1, rng.below(10)), lanes);
  }
}

std::uint64_t sum_of(const std::vector<LaneWork>& parts) {
  std::uint64_t sum = 0;
  for (const LaneWork& part : parts) sum += part.elements;
  return sum;
}

TEST(LanePipeline, PartsThatAreAllThereTakeAsLongAsTheWholeJob) {
  base::Rng rng(2);
  for (int trial = 0; trial < 2000; ++trial) {
    const auto lanes = static_cast<std::uint32_t>(1 + rng.below(40));
    const auto passes = static_cast<std::uint32_t>(1 + rng.below(4));
    std::vector<LaneWork> parts = random_parts(rng, passes, 0);
    parts.back().latency_cycles = 7;
    LanePipelineTick tick(lanes);
    LanePipelineSkip skip(lanes);
    // What is without elements before it has no last cycle that the others could share.
    while (parts.size() > 1 && parts.front().elements == 0) parts.erase(parts.begin());
    parts.front().first_part = true;
    const std::uint64_t end = passes * base::ceil_div(sum_of(parts), lanes) + 7;
    ASSERT_EQ(ends_of(tick, parts).back(), end);
    ASSERT_EQ(ends_of(skip, parts).back(), end);
  }
}

TEST(LanePipeline, PartOfSeveralPassesTakesAllOfThemFromItsCycleOn) {
  base::Rng rng(3);
  for (int trial = 0; trial < 5000; ++trial) {
    const auto lanes = static_cast<std::uint32_t>(1 + rng.below(40));
    const auto passes = static_cast<std::uint32_t>(2 + rng.below(3));
    const std::vector<LaneWork> parts = random_parts(rng, passes, rng.below(30));
    LanePipelineTick tick(lanes);
    LanePipelineSkip skip(lanes);
    const std::vector<std::uint64_t> ends = ends_of(tick, parts);
    ASSERT_EQ(ends_of(skip, parts), ends);
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::uint64_t alone = passes * base::ceil_div(parts[i].elements, lanes);
      ASSERT_GE(ends[i], parts[i].ready + alone);
      ASSERT_LE(ends[i], std::max(before, parts[i].ready) + alone);
      before = ends[i];
    }
  }
}

TEST(LanePipeline, TickNeverGoesMoreThanOneCycleAtATime) {
  LanePipelineTick tick(2);
  tick.start({.elements = 10, .passes = 2, .latency_cycles = 3}, 5);
  std::uint64_t cycle = 5;
  for (; !tick.done(); ++cycle) {
    ASSERT_EQ(tick.next_event(), cycle);
    tick.run_to(cycle);
  }
  EXPECT_EQ(cycle, 5 + 13u);
  EXPECT_EQ(tick.next_event(), kNever);
}

}  // namespace
}  // namespace sim::hw
