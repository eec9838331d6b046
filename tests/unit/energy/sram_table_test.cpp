#include "sim/energy/sram_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "sim/base/error.h"
#include "sim/energy/sram_csv.h"

// What the price of a memory promises: it is that of a memory that is listed, or of one between
// two; it never falls as anything grows; it has no steps in capacity.
namespace sim::energy {
namespace {

constexpr std::array kQuantities = {&SramPrice::read_pj, &SramPrice::write_pj,
                                    &SramPrice::leakage_mw, &SramPrice::access_ns,
                                    &SramPrice::area_mm2};

SramRow row(std::uint64_t bytes, std::uint32_t bits, double value) {
  return {SramCells::kLstp, bytes, bits, {value, 2 * value, 3 * value, 4 * value, 5 * value}};
}

SramTable small_table() {
  return SramTable(
      {row(64, 8, 1), row(64, 16, 2), row(256, 8, 4), row(256, 16, 3), row(1024, 16, 12)});
}

SramPrice price(std::uint64_t bytes, std::uint32_t bits, std::uint64_t banks = 1) {
  return small_table().price({.bank_bytes = bytes, .width_bits = bits, .banks = banks},
                             SramCells::kLstp);
}

TEST(SramTable, ListedMemoryCostsTheLeastOfThoseAtLeastAsLargeAndWide) {
  EXPECT_DOUBLE_EQ(price(64, 8).read_pj, 1);
  EXPECT_DOUBLE_EQ(price(64, 9).read_pj, 2);
  EXPECT_DOUBLE_EQ(price(256, 8).read_pj, 3);  // not 4: the wider one of this size stands in
  EXPECT_DOUBLE_EQ(price(1, 1).read_pj, 1);
  EXPECT_DOUBLE_EQ(price(1024, 8).area_mm2, 60);
}

TEST(SramTable, BetweenTwoCapacitiesThePriceFollowsTheLogarithms) {
  EXPECT_NEAR(price(128, 8).read_pj, std::sqrt(1.0 * 3), 1e-12);  // half-way from 64 to 256
  EXPECT_NEAR(price(512, 16).leakage_mw, 3 * std::sqrt(3.0 * 12), 1e-12);
}

TEST(SramTable, BeyondTheLargestAreSeveralBanks) {
  const SramPrice large = price(3 * 512, 16, 10);
  EXPECT_DOUBLE_EQ(large.read_pj, 12);
  EXPECT_DOUBLE_EQ(large.leakage_mw, 10 * 1.5 * 36);
  EXPECT_DOUBLE_EQ(large.area_mm2, 10 * 1.5 * 60);
  EXPECT_DOUBLE_EQ(large.access_ns, 48);
}

TEST(SramTable, BeyondTheWidestAreBanksSideBySideWithTheirShareOfTheCapacity) {
  const SramPrice two = price(512, 32, 10);  // two of 256 bytes
  EXPECT_DOUBLE_EQ(two.read_pj, 2 * 3);
  EXPECT_DOUBLE_EQ(two.write_pj, 2 * 6);
  EXPECT_DOUBLE_EQ(two.leakage_mw, 10 * 2 * 9);
  EXPECT_DOUBLE_EQ(two.area_mm2, 10 * 2 * 15);
  EXPECT_DOUBLE_EQ(two.access_ns, price(512, 16).access_ns);  // no faster than one of 512
  EXPECT_DOUBLE_EQ(price(512, 17).read_pj, 2 * 3);
  EXPECT_DOUBLE_EQ(price(1, 64 * 8).read_pj, 32 * 2);  // a bank holds a word: 64 bytes
}

/// A table in which two small banks are less than one of both capacities.
TEST(SramTable, MoreBanksSideBySideAreNeverLessThanFewer) {
  const SramTable steep({row(64, 16, 1), row(128, 16, 100)});
  const auto read = [&](std::uint32_t bits) {
    return steep.price({.bank_bytes = 128, .width_bits = bits}, SramCells::kLstp).read_pj;
  };
  EXPECT_DOUBLE_EQ(read(16), 100);
  EXPECT_DOUBLE_EQ(read(32), 100);
  EXPECT_DOUBLE_EQ(read(16 * 64), 100);
  EXPECT_DOUBLE_EQ(read(16 * 128), 200);  // 256 bytes, at least two of 128
}

TEST(SramTable, CellsWithoutARowAreRefused) {
  EXPECT_FALSE(small_table().has(SramCells::kHp));
  EXPECT_THROW(small_table().price({.bank_bytes = 64, .width_bits = 8}, SramCells::kHp),
               base::SimulationError);
}

/// The table that is shipped, of each node with each kind of cells.
class ShippedMemories : public testing::TestWithParam<std::tuple<std::uint32_t, SramCells>> {
 protected:
  SramPrice price(const MemoryShape& shape) const { return table_.price(shape, cells()); }
  SramCells cells() const { return std::get<SramCells>(GetParam()); }

  const std::vector<SramRow> rows_ =
      read_sram_csv(LOCKSTEP_SOURCE_DIR "/arch-configs/energy/sram-cacti7.csv",
                    std::get<std::uint32_t>(GetParam()));
  const SramTable table_{rows_};
  std::mt19937_64 random_{42};

  /// Sizes at all scales, also beyond the table.
  std::uint64_t bytes() {
    return static_cast<std::uint64_t>(
        std::exp2(std::uniform_real_distribution<double>(6, 23)(random_)));
  }
  std::uint32_t bits() { return std::uniform_int_distribution<std::uint32_t>(1, 1200)(random_); }
};

TEST_P(ShippedMemories, EveryRowCostsTheLeastOfThoseThatCouldStandIn) {
  for (const SramRow& at : rows_) {
    if (at.cells != cells()) continue;
    const SramPrice found = price({.bank_bytes = at.capacity_bytes, .width_bits = at.width_bits});
    for (const auto quantity : kQuantities) {
      double least = std::numeric_limits<double>::infinity();
      for (const SramRow& other : rows_) {
        const bool stands_in = other.cells == at.cells && other.width_bits >= at.width_bits &&
                               other.capacity_bytes >= at.capacity_bytes;
        if (stands_in) least = std::min(least, other.price.*quantity);
      }
      EXPECT_EQ(found.*quantity, least) << at.capacity_bytes << " " << at.width_bits;
    }
  }
}

TEST_P(ShippedMemories, NothingGetsCheaperAsCapacityWidthOrBanksGrow) {
  for (int i = 0; i < 20000; ++i) {
    const MemoryShape small{
        .bank_bytes = bytes(), .width_bits = bits(), .banks = 1 + random_() % 9};
    MemoryShape large = small;
    large.bank_bytes += random_() % 3 == 0 ? bytes() : 0;
    large.width_bits += random_() % 3 == 0 ? bits() : 0;
    large.banks += random_() % 3 == 0 ? 1 : 0;
    const SramPrice low = price(small);
    const SramPrice high = price(large);
    for (const auto quantity : kQuantities) {
      ASSERT_LE(low.*quantity, high.*quantity * (1 + 1e-12))
          << small.bank_bytes << "x" << small.width_bits << " " << large.bank_bytes << "x"
          << large.width_bits;
    }
  }
}

TEST_P(ShippedMemories, NothingGetsCheaperFromAnyWidthToTheNext) {
  for (const std::uint64_t capacity : {1, 64, 100, 512, 3000, 32768, 700000, 2097152, 9000000}) {
    SramPrice low = price({.bank_bytes = capacity, .width_bits = 1});
    for (std::uint32_t width = 2; width <= 4096; ++width) {
      const SramPrice high = price({.bank_bytes = capacity, .width_bits = width});
      for (const auto quantity : kQuantities) {
        ASSERT_LE(low.*quantity, high.*quantity) << capacity << "x" << width;
      }
      low = high;
    }
  }
}

TEST_P(ShippedMemories, WordOfTwiceTheWidestIsTwoHalvesSideBySide) {
  for (std::uint64_t capacity = 1024; capacity <= (4 << 20); capacity *= 2) {
    const SramPrice one = price({.bank_bytes = capacity, .width_bits = 512});
    const SramPrice two = price({.bank_bytes = capacity, .width_bits = 1024});
    const SramPrice half = price({.bank_bytes = capacity / 2, .width_bits = 512});
    for (const auto quantity : kQuantities) {
      const double times = quantity == &SramPrice::access_ns ? 1 : 2;
      EXPECT_DOUBLE_EQ(two.*quantity, std::max(times * (half.*quantity), one.*quantity))
          << capacity;
    }
  }
}

TEST_P(ShippedMemories, FivePerCentMoreCapacityCostsLessThanTenPerCentMore) {
  for (int i = 0; i < 20000; ++i) {
    MemoryShape shape{.bank_bytes = bytes(), .width_bits = bits(), .banks = 1};
    const SramPrice low = price(shape);
    shape.bank_bytes += shape.bank_bytes / 20;
    const SramPrice high = price(shape);
    for (const auto quantity : kQuantities) {
      ASSERT_LE(high.*quantity, low.*quantity * 1.10)
          << shape.bank_bytes << "x" << shape.width_bits;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllNodesAndCells, ShippedMemories,
                         testing::Combine(testing::Values(28u, 45u),
                                          testing::Values(SramCells::kLstp, SramCells::kLstpHp,
                                                          SramCells::kHp)));

}  // namespace
}  // namespace sim::energy
