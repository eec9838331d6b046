#include "sim/hw/lane_pipeline.h"

#include <gtest/gtest.h>

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

TEST(LanePipeline, PartsTakeAsLongAsTheWholeJob) {
  base::Rng rng(1);
  for (int trial = 0; trial < 2000; ++trial) {
    const auto lanes = static_cast<std::uint32_t>(1 + rng.below(40));
    const auto passes = static_cast<std::uint32_t>(1 + rng.below(4));
    LanePipelineTick tick(lanes);
    LanePipelineSkip skip(lanes);
    std::uint64_t elements = 0;
    std::uint64_t tick_cycles = 0;
    const std::uint64_t parts = 1 + rng.below(6);
    for (std::uint64_t i = 0; i < parts; ++i) {
      const LaneWork part{.elements = rng.below(100),
                          .passes = passes,
                          .latency_cycles = i + 1 == parts ? 7u : 0u,
                          .first_part = i == 0};
      elements += part.elements;
      const std::uint64_t cycles = run(tick, part);
      tick_cycles += cycles;
      ASSERT_EQ(run(skip, part), cycles);
    }
    ASSERT_EQ(tick_cycles, passes * base::ceil_div(elements, lanes) + 7);
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
