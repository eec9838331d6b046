#include <gtest/gtest.h>

#include "sim/accelerators/poetbin/columns_tick.h"
#include "sim/accelerators/poetbin/fabric_tick.h"
#include "sim/accelerators/poetbin/spatial_tick.h"

namespace sim::poetbin::test {
namespace {

/// Offers one word from cycle 0 on, takes scores from cycle `ready_from` on.
void expect_valid_first_in(CoreTick& core, std::uint32_t cycle) {
  for (std::uint32_t t = 0; t < cycle; ++t) {
    ASSERT_FALSE(core.out_valid()) << t;
    core.clock(t == 0, true);
  }
  EXPECT_TRUE(core.out_valid());
  core.clock(false, false);
  EXPECT_TRUE(core.out_valid()) << "scores wait for the sink";
  core.clock(false, true);
  EXPECT_FALSE(core.out_valid()) << "and leave when it takes them";
}

TEST(PoetbinPorts, SpatialScoresAreThereExactlyALatencyAfterTheFeatures) {
  for (const std::uint32_t registers : {2u, 3u, 6u}) {
    SpatialTick core({.load_words = 1, .registers = registers});
    expect_valid_first_in(core, 1 + (registers - 1));
  }
}

TEST(PoetbinPorts, SpatialTakesNoWordWhileItIsStalled) {
  SpatialTick core({.load_words = 1, .registers = 2});
  core.clock(true, false);
  EXPECT_TRUE(core.in_ready(false));
  core.clock(true, false);
  EXPECT_TRUE(core.out_valid());
  EXPECT_FALSE(core.in_ready(false));
  EXPECT_TRUE(core.in_ready(true));
}

TEST(PoetbinPorts, ColumnsScoresAreThereExactlyALatencyAfterTheFeatures) {
  for (const bool argmax : {false, true}) {
    ColumnsTick core({.steps = 12, .neurons_per_class = 4, .argmax = argmax});
    expect_valid_first_in(core, 1 + 12 + 4 + (argmax ? 1 : 0));
  }
}

TEST(PoetbinPorts, ColumnsTakeTheNextSampleWithTheLastStepAndNotBefore) {
  ColumnsTick core({.steps = 12, .neurons_per_class = 4, .argmax = false});
  EXPECT_TRUE(core.in_ready(true));
  core.clock(true, true);
  for (int step = 0; step < 11; ++step) {
    EXPECT_FALSE(core.in_ready(true)) << step;
    core.clock(true, true);
  }
  EXPECT_TRUE(core.in_ready(true));
}

FabricTiming two_levels(std::uint32_t gather_cycles, bool argmax) {
  return {.load_words = 1,
          .contexts = 1,
          .slots = {{.level = 0, .gather_cycles = gather_cycles}, {.level = 0}, {.level = 1}},
          .argmax = argmax};
}

TEST(PoetbinPorts, FabricScoresAreThereExactlyALatencyAfterTheFeatures) {
  for (const bool argmax : {false, true}) {
    for (const std::uint32_t gather : {1u, 4u}) {
      FabricTick core(two_levels(gather, argmax));
      // 3 slots, 3 bubbles a level, the clocks of a conflict.
      expect_valid_first_in(core, 1 + 3 + 2 * 3 + (gather - 1) + (argmax ? 1 : 0));
    }
  }
}

TEST(PoetbinPorts, AFabricsOnlyContextIsFreeTheClockAfterItsLastWrite) {
  FabricTick core(two_levels(1, false));
  core.clock(true, false);
  for (int t = 1; t <= 9; ++t) {
    EXPECT_FALSE(core.in_ready(false)) << t;
    core.clock(true, false);
  }
  EXPECT_TRUE(core.out_valid());
  EXPECT_TRUE(core.in_ready(false));
}

TEST(PoetbinPorts, AFabricHoldsTheLastLevelUntilTheScoreRegisterWasTaken) {
  FabricTick core(two_levels(1, false));
  for (int t = 0; t < 60; ++t) core.clock(true, false);
  const StageCycles blocked = core.stages()[0].cycles;
  EXPECT_EQ(blocked.busy, 3u + 2u) << "the second sample waits before its last slot";
  EXPECT_GT(blocked.output_waits, 30u);
  core.clock(true, true);
  core.clock(true, false);
  EXPECT_EQ(core.stages()[0].cycles.busy, 3u + 3u);
}

}  // namespace
}  // namespace sim::poetbin::test
