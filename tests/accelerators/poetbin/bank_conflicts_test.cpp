#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/accelerators/poetbin/fabric_program.h"
#include "sim/base/rng.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using workload::LutProgram;
using workload::Signal;

/// Gather clocks of a slot, counted plainly: in each clock each bank gives up to `ports` of the
/// bits that are still missing.
std::uint32_t judge(const LutProgram& program, const Slot& slot, const FabricConfig& config) {
  std::set<Signal> missing;
  for (const std::uint32_t lut : slot.luts) {
    const auto& level = program.levels[slot.level];
    for (std::uint32_t k = 0; k < level.fan_in; ++k) {
      if (level.pins(lut)[k] >= 0) missing.insert(level.pins(lut)[k]);
    }
  }
  std::uint32_t cycles = 0;
  do {
    ++cycles;
    std::map<std::uint32_t, std::uint32_t> given;
    for (auto bit = missing.begin(); bit != missing.end();) {
      const bool goes = config.banks == 0 ||
                        given[static_cast<std::uint32_t>(*bit) % config.banks]++ < config.ports;
      bit = goes ? missing.erase(bit) : std::next(bit);
    }
  } while (!missing.empty());
  return cycles;
}

FabricConfig random_config(base::Rng& rng) {
  FabricConfig config;
  config.luts = 1 + static_cast<std::uint32_t>(rng.below(12));
  config.banks = rng.below(4) == 0 ? 0 : 1 + static_cast<std::uint32_t>(rng.below(16));
  config.ports = 1 + static_cast<std::uint32_t>(rng.below(3));
  config.slot_order = rng.below(2) == 0 ? SlotOrder::kNatural : SlotOrder::kConflictAware;
  return config;
}

TEST(PoetbinSlots, GatherAsLongAsTheirFullestBank) {
  base::Rng rng(11);
  for (int trial = 0; trial < 1500; ++trial) {
    const LutProgram program = sim::test::random_luts(rng);
    const FabricConfig config = random_config(rng);
    for (const Slot& slot : fabric_program(program, config).slots) {
      ASSERT_EQ(slot.gather_cycles, judge(program, slot, config)) << trial;
    }
  }
}

TEST(PoetbinSlots, HoldEveryLutOnceAndFillUp) {
  base::Rng rng(12);
  for (int trial = 0; trial < 500; ++trial) {
    const LutProgram program = sim::test::random_luts(rng);
    const FabricConfig config = random_config(rng);
    std::vector<std::set<std::uint32_t>> found(program.levels.size());
    std::vector<std::size_t> slots(program.levels.size());
    std::uint32_t level = 0;
    for (const Slot& slot : fabric_program(program, config).slots) {
      ASSERT_GE(slot.level, level);
      level = slot.level;
      ASSERT_LE(slot.luts.size(), config.luts);
      ++slots[level];
      for (const std::uint32_t lut : slot.luts) ASSERT_TRUE(found[level].insert(lut).second);
    }
    for (std::size_t l = 0; l < found.size(); ++l) {
      ASSERT_EQ(found[l].size(), program.levels[l].luts);
      ASSERT_EQ(slots[l], (program.levels[l].luts + config.luts - 1) / config.luts);
    }
  }
}

TEST(PoetbinSlots, ConflictAwareOrderTakesFewerClocks) {
  base::Rng rng(13);
  const LutProgram program = sim::test::random_rinc(rng, {});
  FabricConfig config;
  config.luts = 32;
  config.banks = 128;
  const auto clocks = [&](SlotOrder order) {
    config.slot_order = order;
    std::uint64_t sum = 0;
    for (const Slot& slot : fabric_program(program, config).slots) sum += slot.gather_cycles;
    return sum;
  };
  EXPECT_LT(clocks(SlotOrder::kConflictAware), clocks(SlotOrder::kNatural));
}

TEST(PoetbinSlots, ABitThatManyPinsReadIsReadOnce) {
  LutProgram program;
  program.inputs = 4;
  program.levels.push_back(
      {.name = "one",
       .fan_in = 2,
       .luts = 3,
       .sources = {2, 2, 2, workload::kConstantOne, 2, workload::kConstantZero},
       .tables = {1, 1, 1},
       .label_names = {},
       .labels = {}});
  FabricConfig config;
  config.luts = 3;
  config.banks = 2;
  const FabricProgram fabric = fabric_program(program, config);
  ASSERT_EQ(fabric.slots.size(), 1u);
  EXPECT_EQ(fabric.slots[0].gather_cycles, 1u);
  EXPECT_EQ(fabric.slots[0].reads, 1u);
}

}  // namespace
}  // namespace sim::poetbin::test
