#include "sim/accelerators/poetbin/logic_parts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/accelerators/poetbin/activities.h"
#include "sim/accelerators/poetbin/compiler.h"
#include "sim/energy/area.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using testing::ElementsAre;

/// 9 neurons of 5 trees: 45 trees, 18 and 9 votes, 12 score bits; 104 signals.
workload::LutTask small_task() {
  base::Rng rng(5);
  workload::LutTask task;
  task.program = sim::test::random_rinc(
      rng, {.inputs = 20, .classes = 3, .fan_in = 3, .trees = 5, .score_bits = 4});
  return task;
}

Config config_of(Variant variant) {
  Config config;
  config.variant = variant;
  config.source.samples = 1;
  config.fabric = {.luts = 4, .contexts = 2};
  return config;
}

std::vector<std::string> lines_of(const Config& config) {
  std::vector<std::string> lines;
  for (const auto& p : logic_parts(compile(small_task(), config), config)) {
    lines.push_back(fmt::format("{} {} {} x {}", p.unit, p.component, p.width_bits, p.count));
  }
  return lines;
}

TEST(LogicParts, SpatialMachineIsItsLuts) {
  Config config = config_of(Variant::kSpatial);
  EXPECT_THAT(lines_of(config), ElementsAre("trees lut 3 x 45", "mat1 lut 3 x 18", "mat2 lut 3 x 9",
                                            "scores lut 3 x 12"));
  config.argmax = true;
  EXPECT_THAT(lines_of(config),
              testing::IsSupersetOf({"argmax add 4 x 2", "argmax multiplexer 1 x 12"}));
}

TEST(LogicParts, ColumnsChooseAmongTheFeaturesForEachPinOfATree) {
  // 3 columns of 5 trees with 3 pins, each of 20 features.
  EXPECT_THAT(lines_of(config_of(Variant::kColumns)), ElementsAre("routes multiplexer 1 x 855"));
}

TEST(LogicParts, FabricReachesEachBitFromEachPin) {
  Config config = config_of(Variant::kFabric);
  EXPECT_THAT(lines_of(config), ElementsAre("routes multiplexer 1 x 104",     // of two contexts
                                            "routes multiplexer 1 x 1236"));  // 12 pins x 103
}

TEST(LogicParts, BankedFabricReachesEachPortFromEachPinAndBack) {
  Config config = config_of(Variant::kFabric);
  config.fabric.banks = 8;
  config.fabric.ports = 2;
  EXPECT_THAT(lines_of(config),
              ElementsAre("routes multiplexer 1 x 180",    // 12 pins x 15
                          "routes multiplexer 1 x 880"));  // 16 ports, 5 bits of address x 11
}

double mm2(const Config& config) {
  static const auto kTable = [] {
    const std::string folder = std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/";
    return energy::EnergyTable::load({folder + "45nm.yaml", folder + "luts-45nm.yaml"}, {});
  }();
  const Program program = compile(small_task(), config);
  return energy::area_of(priced(program, config, false).static_parts, logic_parts(program, config),
                         kTable, 62.5)
      .total.total_mm2();
}

TEST(Area, GrowsWithArgmaxRegistersAndPorts) {
  Config spatial = config_of(Variant::kSpatial);
  const double plain = mm2(spatial);
  spatial.argmax = true;
  EXPECT_GT(mm2(spatial), plain);
  spatial.argmax = false;
  spatial.spatial.pipe_mask = 2;
  EXPECT_GT(mm2(spatial), plain);

  Config fabric = config_of(Variant::kFabric);
  double before = 0;
  for (const std::uint32_t contexts : {1u, 2u, 4u}) {
    fabric.fabric.contexts = contexts;
    EXPECT_GT(mm2(fabric), before);
    before = mm2(fabric);
  }
  fabric.fabric.banks = 8;
  before = 0;
  for (const std::uint32_t ports : {1u, 2u, 4u}) {
    fabric.fabric.ports = ports;
    EXPECT_GT(mm2(fabric), before);
    before = mm2(fabric);
  }
}

}  // namespace
}  // namespace sim::poetbin::test
