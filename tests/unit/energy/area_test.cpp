#include "sim/energy/area.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace sim::energy {
namespace {

EnergyTable published(const std::string& node) {
  return EnergyTable::load({std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/" + node}, {});
}

constexpr double kOverhead = 1.5;
constexpr double kMhz = 200;
const MemoryShape kBank = {.bank_bytes = 32 * 1024, .width_bits = 16, .banks = 4};

std::string refusal(const std::vector<StaticPart>& parts, const std::vector<LogicPart>& logic,
                    const EnergyTable& table, double mhz = kMhz) {
  try {
    area_of(parts, logic, table, mhz);
  } catch (const base::ConfigError& e) {
    return e.what();
  }
  return "no error";
}

/// 45 nm: 10 multipliers, 64 register bits and four banks. By hand, from the files.
Area small_chip() {
  return area_of({{"weights", kBank, 0, 0}, {"mac_array", {}, 64, 0}},
                 {logic("mac_array", "p", "multiply", 8, 10)}, published("45nm.yaml"), kMhz);
}

TEST(Area, EqualsTheSumByHand) {
  const Area a = small_chip();
  const SramPrice bank = published("45nm.yaml").memory({32 * 1024, 16, 1, 1}, 5, "test").price;
  ASSERT_EQ(a.items.size(), 3u);
  EXPECT_NEAR(a.items[0].mm2_total, 4 * bank.area_mm2, 1e-12);
  EXPECT_NEAR(a.items[1].mm2_total, 64 * 4.522 * kOverhead / 1e6, 1e-15);
  EXPECT_NEAR(a.items[2].mm2_total, 10 * 282 * kOverhead / 1e6, 1e-15);
  EXPECT_NEAR(a.total.sram_mm2, 4 * bank.area_mm2, 1e-12);
  EXPECT_NEAR(a.total.logic_mm2, (64 * 4.522 + 2820) * kOverhead / 1e6, 1e-12);
}

TEST(Area, EveryItemIsCountTimesAreaTimesOverheadAndUnitsAddUpToTheTotal) {
  const Area a = small_chip();
  double sum = 0;
  for (const AreaItem& item : a.items) {
    EXPECT_DOUBLE_EQ(item.mm2_total,
                     static_cast<double>(item.count) * item.um2_each * item.overhead / 1e6);
    EXPECT_FALSE(item.source.empty());
    EXPECT_EQ(item.overhead, item.cells ? 1 : kOverhead);
    sum += item.mm2_total;
  }
  EXPECT_DOUBLE_EQ(sum, a.total.total_mm2());
  ASSERT_EQ(a.units.size(), 2u);
  EXPECT_EQ(a.units[0].unit, "weights");
  EXPECT_EQ(a.units[0].area.logic_mm2, 0);
  EXPECT_EQ(a.units[1].unit, "mac_array");
  EXPECT_EQ(a.units[1].area.sram_mm2, 0);
}

TEST(Area, ComponentTakesTheRowOfItsWidthOrTheNextWider) {
  const auto each = [](std::uint32_t bits) {
    return area_of({}, {logic("u", "p", "add", bits, 1)}, published("45nm.yaml"), kMhz)
        .items.front()
        .um2_each;
  };
  EXPECT_EQ(each(8), 36);
  EXPECT_EQ(each(9), 67);
  EXPECT_EQ(each(40), 274);
}

/// No SRAM is as fast as this.
constexpr double kFastMhz = 20000;

TEST(Area, SmallMemoryOfFlipFlopsHasMultiplexers) {
  const MemoryShape file = {.bank_bytes = 32, .width_bits = 16, .banks = 3};
  const Area a = area_of({{"file", file, 0, 0}}, {}, published("45nm.yaml"), kFastMhz);
  ASSERT_EQ(a.items.size(), 2u);
  EXPECT_EQ(a.items[0].component, "flip_flop_enable");
  EXPECT_EQ(a.items[0].count, 3u * 32 * 8);
  EXPECT_EQ(a.items[1].component, "multiplexer");
  EXPECT_EQ(a.items[1].count, 3u * 15 * 16);  // 15 two-way ones a bit choose among 16 words
  for (const AreaItem& item : a.items) {
    EXPECT_EQ(item.memory->bank_bytes, 32u);
    EXPECT_FALSE(item.cells);
  }
  EXPECT_EQ(a.total.sram_mm2, 0);
}

TEST(Area, MemoryBelowSixtyFourBytesIsTheSmallerOfFlipFlopsAndTheLeastSram) {
  const EnergyTable table = published("28nm.yaml");
  for (std::uint64_t bytes = 1; bytes < 64; ++bytes) {
    const MemoryShape file = {.bank_bytes = bytes, .width_bits = 8, .banks = 3};
    const double bits = 8.0 * static_cast<double>(bytes);
    const double flip_flops = 3 * kOverhead * (bits * 2.4719 + (bits - 8) * 0.72097);
    const double sram = 3 * table.memory({64, 8, 1, 1}, 5, "test").price.area_mm2 * 1e6;
    const Area a = area_of({{"file", file, 0, 0}}, {}, table, kMhz);
    EXPECT_NEAR(a.total.total_mm2() * 1e6, std::min(flip_flops, sram), 1e-9) << bytes;
    EXPECT_EQ(a.items.size(), flip_flops < sram ? 2u : 1u) << bytes;
  }
}

TEST(Area, WordWiderThanItsSmallMemoryNeedsNoMultiplexer) {
  const MemoryShape word = {.bank_bytes = 1, .width_bits = 40, .banks = 1};
  const Area a = area_of({{"word", word, 0, 0}}, {}, published("45nm.yaml"), kMhz);
  EXPECT_EQ(a.items[1].count, 0u);
}

TEST(Area, MemoryAmongTheLogicIsPricedAsAnyOther) {
  const EnergyTable table = published("28nm.yaml");
  const Area listed = area_of({{"t", kBank, 0, 0}}, {}, table, kMhz);
  const Area own = area_of({}, {{"t", "p", "", 0, 0, kBank}}, table, kMhz);
  EXPECT_EQ(own.total.sram_mm2, listed.total.sram_mm2);
}

TEST(Area, FasterClockTakesCellsThatAreFastEnough) {
  const EnergyTable table = published("45nm.yaml");
  const auto cells = [&](double mhz) {
    return area_of({{"w", kBank, 0, 0}}, {}, table, mhz).items.front().cells;
  };
  EXPECT_EQ(cells(200), SramCells::kLstp);
  EXPECT_NE(cells(900), SramCells::kLstp);
}

TEST(Area, WhatHasNoPriceIsNamedWithItsUnit) {
  const EnergyTable table = published("45nm.yaml");
  EXPECT_EQ(refusal({}, {logic("norm", "p", "divide", 8, 1)}, table),
            std::string(LOCKSTEP_SOURCE_DIR) +
                "/arch-configs/energy/45nm.yaml: no row of 'areas' has component: divide of 8 bits "
                "or more, which unit 'norm' needs; add one, or name a file that has it in "
                "energy_tables");
  EXPECT_THAT(refusal({}, {logic("norm", "p", "add", 65, 1)}, table),
              testing::HasSubstr("component: add of 65 bits"));
  EXPECT_THAT(refusal({{"w", kBank, 0, 0}}, {}, table, 20000), testing::HasSubstr("unit 'w'"));
  EXPECT_THAT(refusal({{"regs", {}, 1, 0}}, {}, EnergyTable()),
              testing::HasSubstr("energy_tables: no row of 'areas' has component: flip_flop"));
}

TEST(Area, SelectionIsATreeOfTwoWayMultiplexers) {
  EXPECT_EQ(selection("u", "p", 8, 3, 5).count, 7u * 3 * 5);
  EXPECT_EQ(selection("u", "p", 1, 3, 5).count, 0u);
}

TEST(Area, NothingShrinksAsAMemoryGrows) {
  const EnergyTable table = published("28nm.yaml");
  const auto area = [&](std::uint64_t bytes, std::uint32_t bits) {
    const MemoryShape shape{.bank_bytes = bytes, .width_bits = bits, .banks = 2};
    return area_of({{"m", shape, 0, 0}}, {}, table, 50).total.total_mm2();
  };
  for (const std::uint32_t bits : {1u, 8u, 40u, 256u}) {
    for (std::uint64_t bytes = 2; bytes <= 2 * kLeastSramBytes; ++bytes) {
      EXPECT_LE(area(bytes - 1, bits), area(bytes, bits)) << bytes;
    }
    for (std::uint64_t bytes = kLeastSramBytes; bytes < (8 << 20); bytes += bytes / 3) {
      EXPECT_LE(area(bytes, bits), area(bytes + bytes / 3, bits) * (1 + 1e-12)) << bytes;
    }
  }
}

}  // namespace
}  // namespace sim::energy
