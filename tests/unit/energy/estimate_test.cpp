#include "sim/energy/estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace sim::energy {
namespace {

EnergyTable published(const std::string& node) {
  return EnergyTable::load({std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/" + node}, {});
}

const MemoryShape kWeightBank = {.bank_bytes = 32 * 1024, .width_bits = 16, .banks = 4};

/// 1000 multiplications, additions and weight reads at 28 nm, 100 cycles at 200 MHz (5 ns), four
/// banks and 64 register bits, of which the clock ran in 10 cycles. By hand, from the files.
Estimate small_run() {
  const std::vector<Activity> activities = {
      {"mac_array", "macs", "multiply", 1000, 8, {}},
      {"mac_array", "macs", "add", 1000, 32, {}},
      {"weights", "reads", "sram_read", 1000, 0, kWeightBank},
  };
  const std::vector<StaticPart> parts = {
      {"weights", kWeightBank, 0, 0},
      {"mac_array", {}, 64, 10},
  };
  return estimate(activities, parts, published("28nm.yaml"), 100, 200);
}

TEST(Estimate, EqualsTheSumByHand) {
  const Estimate e = small_run();
  ASSERT_EQ(e.items.size(), 6u);
  EXPECT_NEAR(e.items[0].pj_total, 1000 * 0.1064, 1e-9);
  EXPECT_NEAR(e.items[1].pj_total, 1000 * 0.05319, 1e-9);
  EXPECT_NEAR(e.items[2].pj_total, 1000 * 3.5432, 1e-9);
  EXPECT_NEAR(e.items[3].pj_total, 4 * 100 * 5 * 0.016658, 1e-9);  // mW of a bank, both leakages
  EXPECT_NEAR(e.items[4].pj_total, 64 * 10 * 0.002856, 1e-9);
  EXPECT_NEAR(e.items[5].pj_total, 64 * 100 * 5 * 0.0000791, 1e-9);
  EXPECT_NEAR(e.total.dynamic_pj, 106.4 + 53.19 + 3543.2, 1e-6);
  EXPECT_NEAR(e.total.clock_pj, 1.82784, 1e-6);
  EXPECT_NEAR(e.total.leakage_pj, 33.316 + 2.5312, 1e-6);
}

TEST(Estimate, EveryItemIsCountTimesPriceAndUnitsAddUpToTheTotal) {
  const Estimate e = small_run();
  double sum = 0;
  for (const Item& item : e.items) {
    EXPECT_DOUBLE_EQ(item.pj_total, static_cast<double>(item.count) * item.pj_each);
    EXPECT_FALSE(item.source.empty());
    sum += item.pj_total;
  }
  EXPECT_DOUBLE_EQ(sum, e.total.total_pj());
  ASSERT_EQ(e.units.size(), 2u);
  EXPECT_EQ(e.units[0].unit, "mac_array");
  EXPECT_DOUBLE_EQ(e.units[0].energy.total_pj() + e.units[1].energy.total_pj(), sum);
}

TEST(Estimate, ItemsOfMemoriesSayWhatWasPriced) {
  const Estimate e = small_run();
  for (const std::size_t i : {2u, 3u}) {
    EXPECT_EQ(e.items[i].memory->bank_bytes, kWeightBank.bank_bytes);
    EXPECT_EQ(e.items[i].memory->banks, 4u);
    EXPECT_EQ(e.items[i].width_bits, 16u);
    EXPECT_EQ(e.items[i].cells, SramCells::kLstp);
    EXPECT_EQ(e.items[i].voltage_v, 0.92);
    EXPECT_EQ(e.items[i].node_nm, 28u);
  }
  EXPECT_EQ(e.items[0].width_bits, 8u);
  EXPECT_EQ(e.items[0].voltage_v, 0.9);
  EXPECT_FALSE(e.items[0].memory);
}

TEST(Estimate, EstimatedCountsAreMarkedAndLeftOutOnRequest) {
  const std::vector<Activity> activities = {
      energy::events("array", "macs", "multiply", 10, 8),
      energy::estimated(energy::events("array", "macs", "register_toggle", 80, 1))};
  const std::vector<StaticPart> parts = {{.unit = "control",
                                          .memory = {},
                                          .register_bits = 5,
                                          .clocked_cycles = 2,
                                          .estimated = true}};
  const auto run = [&](bool count) {
    const EnergyTable table =
        EnergyTable::load({std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/45nm.yaml"},
                          {.count_estimates = count});
    return estimate(activities, parts, table, 100, 200);
  };
  const Estimate all = run(true);
  ASSERT_EQ(all.items.size(), 4u);
  EXPECT_FALSE(all.items[0].estimated);
  double sum = 0;
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_TRUE(all.items[i].estimated) << all.items[i].event;
    sum += all.items[i].pj_total;
  }
  EXPECT_DOUBLE_EQ(all.total.estimated_pj, sum);
  EXPECT_DOUBLE_EQ(all.total.total_pj(), 2.0 + sum);
  const Estimate counted = run(false);
  EXPECT_EQ(counted.items.size(), 1u);
  EXPECT_EQ(counted.units.size(), 1u);
  EXPECT_DOUBLE_EQ(counted.total.total_pj(), 2.0);
  EXPECT_DOUBLE_EQ(counted.total.estimated_pj, 0);
}

/// Two memories of 4 banks; the tree to 9 places takes 9 steps of a third of their side.
TEST(Estimate, WiresSpanTheAreaOfTheMemoriesNamed) {
  const EnergyTable table = published("45nm.yaml");
  const MemoryShape sums = {.bank_bytes = 256, .width_bits = 32, .banks = 4};
  const std::vector<StaticPart> parts = {{.unit = "weights", .memory = kWeightBank},
                                         {.unit = "sums", .memory = sums},
                                         {.unit = "buffer", .memory = kWeightBank},
                                         {.unit = "weights", .memory = {}, .register_bits = 100}};
  const Activity wires = bits_over("wires", "loads", 1000, {{"weights", "sums"}, 9});
  const Estimate e = estimate({wires}, parts, table, 100, 200);
  const auto bank_area = [&](MemoryShape shape) {
    shape.banks = 1;
    return table.memory(shape, 5, "test").price.area_mm2;
  };
  const double side = std::sqrt(4 * bank_area(kWeightBank) + 4 * bank_area(sums));
  EXPECT_EQ(e.items[0].event, "wire");
  EXPECT_NEAR(*e.items[0].wire_mm, 9 * side / 3, 1e-9);
  EXPECT_NEAR(e.items[0].pj_total, 1000 * 0.1211 * 3 * side, 1e-6);
  for (std::size_t i = 1; i < e.items.size(); ++i) EXPECT_FALSE(e.items[i].wire_mm);
  EXPECT_EQ(estimate({wires}, {}, table, 100, 200).total.total_pj(), 0);
}

/// pJ of a read, of a write, and of the leakage of 100 cycles.
std::array<double, 3> cost(const MemoryShape& shape, const EnergyTable& table, double mhz) {
  const Estimate e = estimate(
      {energy::accesses("m", "reads", "sram_read", 1, shape),
       energy::accesses("m", "writes", "sram_write", 1, shape)},
      {{.unit = "m", .memory = shape, .register_bits = 0, .clocked_cycles = 0}}, table, 100, mhz);
  return {e.items[0].pj_total, e.items[1].pj_total, e.items[2].pj_total};
}

/// Flip-flops or SRAM: nothing falls from one byte to the next, up to 64, there and beyond.
TEST(Estimate, NothingGetsCheaperAsASmallMemoryGrows) {
  for (const char* node : {"28nm.yaml", "45nm.yaml"}) {
    for (const auto& [name, cells] : kSramCells) {
      const EnergyTable table =
          EnergyTable::load({std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/" + node},
                            {.sram_cells = cells});
      for (const std::uint32_t bits : {1u, 5u, 8u, 13u, 16u, 32u, 64u, 100u, 256u, 600u}) {
        std::array<double, 3> low = cost({.bank_bytes = 1, .width_bits = bits}, table, 100);
        for (std::uint64_t bytes = 2; bytes <= 200; ++bytes) {
          const auto high = cost({.bank_bytes = bytes, .width_bits = bits}, table, 100);
          for (std::size_t i = 0; i < 3; ++i) {
            ASSERT_LE(low[i], high[i]) << node << name << " " << bytes << "x" << bits;
          }
          low = high;
        }
      }
    }
  }
}

/// The least leaking cells at 45 nm: flip-flops for one bit a read, the SRAM for words and leakage.
TEST(Estimate, EachQuantityOfASmallMemoryIsTheLesserOne) {
  const EnergyTable table = published("45nm.yaml");
  const auto least = [&](std::uint32_t bits) {
    return table.memory({64, bits, 1, 1}, 10, "test").price;
  };
  const auto bit = cost({.bank_bytes = 20, .width_bits = 1}, table, 100);
  EXPECT_DOUBLE_EQ(bit[0], table.row("register", 1, "test").value_pj);
  EXPECT_DOUBLE_EQ(bit[2], 100 * 10 * least(1).leakage_mw);
  const auto word = cost({.bank_bytes = 20, .width_bits = 16}, table, 100);
  EXPECT_DOUBLE_EQ(word[0], std::min(0.5, least(16).read_pj));
  EXPECT_DOUBLE_EQ(word[1], std::min(0.5, least(16).write_pj));
}

TEST(Estimate, SmallMemoryThatNoRowOfRegistersIsWideEnoughForIsSram) {
  const EnergyTable table = published("45nm.yaml");
  const MemoryShape wide{.bank_bytes = 48, .width_bits = 128};
  EXPECT_DOUBLE_EQ(cost(wide, table, 100)[0], table.memory(wide, 10, "test").price.read_pj);
  try {
    cost(wide, table, 20000);
    FAIL();
  } catch (const base::ConfigError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("45nm.yaml: no row of 'rows' has event: register of "
                                             "128 bits or more, which unit 'm' needs; add one"));
  }
}

TEST(Estimate, SmallMemoryThatNoSramIsFastEnoughForIsFlipFlops) {
  const MemoryShape file = {.bank_bytes = 63, .width_bits = 32, .banks = 10};
  const Estimate e =
      estimate({energy::accesses("sums", "writes", "sram_write", 7, file)},
               {{.unit = "sums", .memory = file, .register_bits = 0, .clocked_cycles = 0}},
               published("45nm.yaml"), 100, 20000);
  ASSERT_EQ(e.items.size(), 2u);
  EXPECT_EQ(e.items[0].event, "register");
  EXPECT_DOUBLE_EQ(e.items[0].pj_total, 7 * 1.0);
  EXPECT_EQ(e.items[1].event, "register_leakage");
  EXPECT_DOUBLE_EQ(e.items[1].pj_total, 63 * 8 * 10 * 100 * (0.0000791 * 0.05));
  for (const Item& item : e.items) {
    EXPECT_EQ(item.memory->bank_bytes, 63u);
    EXPECT_FALSE(item.cells);
  }
}

TEST(Estimate, ConfigurationLeaksByTheBitAndTheTime) {
  const auto table = EnergyTable::load(
      {std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/luts-45nm.yaml"}, {});
  const Estimate e =
      estimate({}, {{.unit = "trees", .memory = {}, .configuration_bits = 3000}}, table, 100, 62.5);
  ASSERT_EQ(e.items.size(), 1u);  // no clock, no flip-flop
  EXPECT_EQ(e.items[0].event, "configuration_leakage");
  EXPECT_EQ(e.items[0].part, Part::kLeakage);
  EXPECT_EQ(e.items[0].count, 300'000u);
  EXPECT_NEAR(e.total.leakage_pj, 3000 * 100 * 16 * 2.06e-8, 1e-9);
  EXPECT_EQ(e.total.dynamic_pj + e.total.clock_pj, 0);
}

TEST(Estimate, OneBitOfASmallMemoryIsReadAsInALut) {
  const MemoryShape table = {.bank_bytes = 32, .width_bits = 1};
  const Estimate e = estimate({energy::accesses("look_up", "evaluations", "sram_read", 10, table)},
                              {}, published("45nm.yaml"), 1, 62.5);
  EXPECT_EQ(e.items.at(0).event, "register");
  EXPECT_EQ(e.items.at(0).width_bits, 1u);
  EXPECT_NEAR(e.total.dynamic_pj, 10 * (4 * 0.008153 + 2 * 0.01337 + 0.5 * 0.001319), 0.01);
}

TEST(Estimate, MemoryThatIsTooSlowForTheClockIsRefused) {
  EXPECT_THROW(estimate({}, {{"weights", kWeightBank, 0, 0}}, published("45nm.yaml"), 1, 20000),
               base::ConfigError);
}

TEST(Estimate, NodeChangesTheResult) {
  const std::vector<Activity> multiply = {{"u", "c", "multiply", 10, 8, {}}};
  const auto total = [&](const std::string& node) {
    return estimate(multiply, {}, published(node), 1, 100).total.total_pj();
  };
  EXPECT_DOUBLE_EQ(total("45nm.yaml"), 2.0);
  EXPECT_NEAR(total("28nm.yaml"), 1.064, 1e-9);
}

TEST(Estimate, ActivityWithoutARowIsRefused) {
  EXPECT_THROW(estimate({{"u", "c", "teleport", 1, 8, {}}}, {}, published("45nm.yaml"), 1, 100),
               base::ConfigError);
}

TEST(Estimate, CountsThatOverflowAreAFailedCheck) {
  const StaticPart huge = {"u", {}, std::uint64_t{1} << 40, std::uint64_t{1} << 40};
  EXPECT_THROW(estimate({}, {huge}, published("45nm.yaml"), 1, 100), base::SimulationError);
}

}  // namespace
}  // namespace sim::energy
