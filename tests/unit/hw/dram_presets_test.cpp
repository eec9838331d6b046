// The presets against the files that they come from: numbers typed from the files under the names
// that they have there, and what rules of these files' simulators make of them.

#include "sim/hw/dram_presets.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sim::hw {
namespace {

struct Fact {
  std::string of_file;  // names of the file
  std::uint32_t expected;
  std::uint32_t preset;
};

void expect_all(const std::vector<Fact>& facts) {
  for (const Fact& f : facts) EXPECT_EQ(f.preset, f.expected) << f.of_file;
}

// RD to WR of a rank, and WR to PRE and RD of a bank, by the rules of this project.
std::uint32_t read_to_write(const BankedDramConfig& c) {
  return c.timing.tcl + c.burst_clocks() + c.timing.trtrs - c.timing.tcwl;
}
std::uint32_t write_end(const BankedDramConfig& c) { return c.timing.tcwl + c.burst_clocks(); }

TEST(DramPresets, Ddr4IsDramsim3sDdr4_8Gb_x8_2400) {
  const BankedDramConfig c = dram_preset(DramStandard::kDdr4_2400);
  const DramTiming& t = c.timing;
  constexpr std::uint32_t kDevices = 64 / 8;  // bus_width / device_width
  expect_all({{"bankgroups", 4, c.bank_groups},
              {"banks_per_group", 4, c.banks},
              {"rows", 65536, c.rows},
              {"columns 1024 of device_width 8", 1024 * 8 / 8 * kDevices, c.row_bytes},
              {"BL", 8, c.burst_length},
              {"bus_width", 64, c.bus_bits},
              {"channels", 1, c.channels},
              {"tCK 0.833 ns", 1200, c.clock_mhz},
              {"CL", 16, t.tcl},
              {"CWL", 16, t.tcwl},
              {"tRCD", 16, t.trcd},
              {"tRP", 16, t.trp},
              {"tRP, of all banks", 16, t.trp_ab},
              {"tRAS", 39, t.tras},
              {"tRFC", 420, t.trfc},
              {"tREFI", 9364, t.trefi},
              {"tRRD_S", 4, t.trrd_s},
              {"tRRD_L", 6, t.trrd_l},
              {"tWTR_S", 3, t.twtr_s},
              {"tWTR_L", 9, t.twtr_l},
              {"tFAW", 26, t.tfaw},
              {"tWR", 19, t.twr},
              {"tCCD_S", 4, t.tccd_s},
              {"tCCD_L", 6, t.tccd_l},
              {"tRTRS", 2, t.trtrs},
              {"nRTP of Ramulator's DDR4_2400R", 9, t.trtp}});
}

TEST(DramPresets, Lpddr4IsTwoOfDramsyssJedec8GbLpddr4_3200_16bit) {
  const BankedDramConfig c = dram_preset(DramStandard::kLpddr4_3200);
  const DramTiming& t = c.timing;
  constexpr std::uint32_t kBurst = 16 / 2;  // burstLength / dataRate
  expect_all({{"nbrOfBankGroups", 1, c.bank_groups},
              {"nbrOfBanks", 8, c.banks},
              {"nbrOfRows", 65536, c.rows},
              {"nbrOfColumns 1024 of width 16", 1024 * 16 / 8, c.row_bytes},
              {"width", 16, c.bus_bits},
              {"burstLength", 16, c.burst_length},
              {"dataRate", 2, c.transfers_per_clock},
              {"two channels of nbrOfRanks", 1, c.ranks},
              {"tCK 625 ps", 1600, c.clock_mhz},
              {"RCD", 29, t.trcd},
              {"RPpb", 29, t.trp},
              {"RPab", 34, t.trp_ab},
              {"RAS", 68, t.tras},
              {"CCD", 8, t.tccd_s},
              {"CCD", 8, t.tccd_l},
              {"RRD", 16, t.trrd_s},
              {"RRD", 16, t.trrd_l},
              {"FAW", 64, t.tfaw},
              {"RFCab", 448, t.trfc},
              {"REFI", 6246, t.trefi},
              {"WR", 29, t.twr},
              {"RL + DQSCK", 28 + 6, t.tcl},
              {"WL + DQSS", 14 + 1, t.tcwl}});
  // CheckerLPDDR4.cpp: sums from the last clock of RD and WR; PRE's is two clocks earlier in it.
  expect_all({{"tRDPRE - 2", 12 + kBurst - 6 - 2, t.trtp},
              {"tWRPRE - 2", 14 + kBurst + 1 + 29 + 2 - 2, write_end(c) + t.twr},
              {"tWRRD", 14 + 1 + kBurst + 16, write_end(c) + t.twtr_s},
              {"tWRRD", 14 + 1 + kBurst + 16, write_end(c) + t.twtr_l},
              {"tRDWR", 28 + 6 + kBurst - 14 + 2 + 0, read_to_write(c)}});
}

TEST(DramPresets, Hbm2IsSixteenOfThePseudoChannelsOfDramsyssHbm2) {
  const BankedDramConfig c = dram_preset(DramStandard::kHbm2);
  const DramTiming& t = c.timing;
  constexpr std::uint32_t kBurst = 4 / 2;  // burstLength / dataRate
  expect_all({{"nbrOfPseudoChannels 2, of 8 channels", 2 * 8, c.channels},
              {"nbrOfBankGroups", 4, c.bank_groups},
              {"nbrOfBanks", 16, c.bank_groups * c.banks},
              {"nbrOfRows", 32768, c.rows},
              {"nbrOfColumns 128 of width 64", 128 * 64 / 8, c.row_bytes},
              {"width", 64, c.bus_bits},
              {"burstLength", 4, c.burst_length},
              {"dataRate", 2, c.transfers_per_clock},
              {"tCK 1,000 ps", 1000, c.clock_mhz},
              {"RCDRD", 12, t.trcd},
              {"RP", 14, t.trp},
              {"RP, of all banks", 14, t.trp_ab},
              {"RAS", 28, t.tras},
              {"RC", 42, t.tras + t.trp},
              {"CCDS", 2, t.tccd_s},
              {"CCDL", 3, t.tccd_l},
              {"RRDS", 4, t.trrd_s},
              {"RRDL", 6, t.trrd_l},
              {"FAW", 16, t.tfaw},
              {"RFC", 220, t.trfc},
              {"REFI", 3900, t.trefi},
              {"RTP", 5, t.trtp},
              {"RL + DQSCK", 17 + 1, t.tcl},
              {"RTW", 18, read_to_write(c)},
              {"tWRPRE", 7 + kBurst + 14, write_end(c) + t.twr},
              {"tWRRDS", 7 + kBurst + 4, write_end(c) + t.twtr_s},
              {"tWRRDL", 7 + kBurst + 9, write_end(c) + t.twtr_l},
              {"WL", 7, t.tcwl}});
}

TEST(DramPresets, Gddr6IsTheForksGddr6_8Gb_x16) {
  const BankedDramConfig c = dram_preset(DramStandard::kGddr6);
  const DramTiming& t = c.timing;
  expect_all({{"bankgroups", 4, c.bank_groups},
              {"banks_per_group", 4, c.banks},
              {"rows", 16384, c.rows},
              {"device_width", 16, c.bus_bits},
              {"BL", 16, c.burst_length},
              {"channels of Ramulator 2's GDDR6_8Gb_x16", 2, c.channels},
              {"columns of the same, of 16 bits", (1 << 10) * 16 / 8, c.row_bytes},
              {"CL", 24, t.tcl},
              {"CWL", 16, t.tcwl},
              {"tRCDRD", 24, t.trcd},
              {"tRP", 24, t.trp},
              {"tRP, of all banks", 24, t.trp_ab},
              {"tRAS", 54, t.tras},
              {"tRFC", 126, t.trfc},
              {"tREFI", 11862, t.trefi},
              {"tRRD_S", 9, t.trrd_s},
              {"tRRD_L", 9, t.trrd_l},
              {"tWTR_S", 7, t.twtr_s},
              {"tWTR_L", 7, t.twtr_l},
              {"tFAW", 32, t.tfaw},
              {"tWR", 16, t.twr},
              {"tCCD_S", 3, t.tccd_s},
              {"tCCD_L", 4, t.tccd_l},
              {"tRTRS", 1, t.trtrs},
              {"tRTP_L", 3, t.trtp}});
}

}  // namespace
}  // namespace sim::hw
