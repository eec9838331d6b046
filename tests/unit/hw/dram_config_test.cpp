#include "sim/hw/dram_config.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/base/error.h"
#include "sim/hw/dram_address.h"
#include "sim/hw/dram_presets.h"

namespace sim::hw {
namespace {

TEST(DramConfig, DefaultsAreAFixedMemory) {
  auto reader = base::ConfigReader::text("{}", "dram.yaml");
  const auto c = reader.read<DramConfig>();
  EXPECT_EQ(c.kind, DramKind::kFixed);
  EXPECT_EQ(c.port.outstanding, 16u);
  EXPECT_EQ(c.fixed.latency_cycles, 40u);
}

TEST(DramConfig, AnIdealOneHasNoLatencyAndRefusesOne) {
  auto reader = base::ConfigReader::text("kind: ideal", "dram.yaml");
  EXPECT_EQ(reader.read<DramConfig>().fixed.latency_cycles, 0u);
  auto wrong = base::ConfigReader::text("{kind: ideal, fixed: {latency_cycles: 3}}", "dram.yaml");
  EXPECT_THROW(wrong.read<DramConfig>(), base::ConfigError);
}

TEST(DramConfig, MisspeltKeyIsRefused) {
  auto reader = base::ConfigReader::text("{fixed: {latency_cycle: 3}}", "dram.yaml");
  EXPECT_THROW(reader.read<DramConfig>(), base::ConfigError);
}

TEST(DramConfig, PresetsHaveTheBandwidthOfTheirNames) {
  const auto bytes_per_second = [](const std::string& standard) {
    auto reader = base::ConfigReader::text("{kind: banked, banked: {standard: " + standard + "}}",
                                           "dram.yaml");
    const BankedDramConfig c = reader.read<DramConfig>().banked;
    return c.peak_bytes_per_clock() * c.clock_mhz * 1'000'000;
  };
  EXPECT_EQ(bytes_per_second("ddr4_2400"), 64u / 8 * 2'400'000'000);
  EXPECT_EQ(bytes_per_second("lpddr4_3200"), 2 * 16u / 8 * 3'200'000'000);
  EXPECT_EQ(bytes_per_second("hbm2"), 256'000'000'000u);
  EXPECT_EQ(bytes_per_second("gddr6"), 2 * 16u / 8 * 12'000'000'000);
}

TEST(DramConfig, PresetsHaveTheCapacityOfTheirDevices) {
  constexpr std::uint64_t kGib = 1 << 30;
  EXPECT_EQ(dram_preset(DramStandard::kDdr4_2400).capacity_bytes(), 8 * kGib);    // 8 of 8 Gb
  EXPECT_EQ(dram_preset(DramStandard::kLpddr4_3200).capacity_bytes(), 2 * kGib);  // 2 of 8 Gb
  EXPECT_EQ(dram_preset(DramStandard::kHbm2).capacity_bytes(), 8 * kGib);         // 8 of 8 Gb
  EXPECT_EQ(dram_preset(DramStandard::kGddr6).capacity_bytes(), kGib);            // 8 Gb
}

TEST(DramConfig, WrongTimesAndMappingsAreRefused) {
  for (const char* keys :
       {"tccd_s_clocks: 3", "tccd_l_clocks: 3", "trefi_clocks: 500", "trp_ab_clocks: 15",
        "mapping: row_rank_bank_column_group", "mapping: row_row_bank_column_group_channel",
        "mapping: row_rank_bank_column_group_chanel", "burst_length: 7", "bus_bits: 12",
        "row_bytes: 8200", "tcwl_clocks: 22", "trrd_l_clocks: 56", "tfaw_clocks: 9364"}) {
    auto reader = base::ConfigReader::text(keys, "dram.yaml");
    EXPECT_THROW(reader.read<BankedDramConfig>(), base::ConfigError) << keys;
  }
}

/// The default of another key is never the mistake.
TEST(DramConfig, AWrongValueIsLookedForInTheKeysThatAreGiven) {
  const auto message = [](const char* yaml) -> std::string {
    auto reader = base::ConfigReader::text(yaml, "dram.yaml");
    try {
      reader.read<BankedDramConfig>();
    } catch (const base::ConfigError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(message("channels: 2\nbus_bits: 24\n"),
            "dram.yaml:2: bus_bits: a row of 8192 bytes is not whole bursts of 24");
  EXPECT_EQ(message("channels: 2\nburst_length: 6\n"),
            "dram.yaml:2: burst_length: a row of 8192 bytes is not whole bursts of 48");
  EXPECT_EQ(message("bus_bits: 64\nrow_bytes: 96\n"),
            "dram.yaml:2: row_bytes: a row of 96 bytes is not whole bursts of 64");
}

TEST(DramConfig, TimesAtTheirLimitsAreTaken) {
  for (const char* keys : {"tcwl_clocks: 21", "trrd_l_clocks: 55", "trrd_l_clocks: 4",
                           "{tfaw_clocks: 9363}", "trefi_clocks: 531"}) {
    auto reader = base::ConfigReader::text(keys, "dram.yaml");
    EXPECT_NO_THROW(reader.read<BankedDramConfig>()) << keys;
  }
  auto reader = base::ConfigReader::text("trefi_clocks: 530", "dram.yaml");
  EXPECT_THROW(reader.read<BankedDramConfig>(), base::ConfigError);
}

TEST(DramAddress, DigitsAreTakenFromTheLeastSignificantPartOn) {
  auto reader = base::ConfigReader::text(
      "{ranks: 2, channels: 2, mapping: row_rank_bank_column_group_channel}", "dram.yaml");
  const auto c = reader.read<BankedDramConfig>();
  // 64 bytes of a burst, 2 channels, 4 groups, 128 columns, 4 banks, 2 ranks.
  const std::uint64_t address =
      63 + 64 * (1 + 2 * (3 + 4 * (100 + 128 * (2 + 4 * (1 + 2 * std::uint64_t{4321})))));
  const DramPlace place = dram_place(c, address);
  EXPECT_EQ(place.channel, 1u);
  EXPECT_EQ(place.group, 3u);
  EXPECT_EQ(place.column, 100u);
  EXPECT_EQ(place.bank, 2u);
  EXPECT_EQ(place.rank, 1u);
  EXPECT_EQ(place.row, 4321u);
  EXPECT_EQ(dram_place(c, c.capacity_bytes() - 1).row, c.rows - 1);
  EXPECT_THROW(dram_place(c, c.capacity_bytes()), base::SimulationError);
}

}  // namespace
}  // namespace sim::hw
