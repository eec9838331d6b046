#include "sim/hw/dram_presets.h"

// Sources, by short name:
//   D3   DRAMsim3 (github.com/umd-memsys/DRAMsim3), configs/
//   D3f  its fork hplp/DRAMsim3, configs/
//   R    Ramulator (github.com/CMU-SAFARI/ramulator), src/
//   R2   Ramulator 2 (github.com/CMU-SAFARI/ramulator2), src/dram/impl/
//   DS   DRAMSys (github.com/tukl-msd/DRAMSys), configs/memspec/
// They quote JEDEC JESD79-4 (DDR4), JESD209-4 (LPDDR4), JESD235 (HBM2) and vendors' data sheets;
// for GDDR6, JESD250 leaves the times to the vendors. The standards themselves were not at hand: a
// number is as sure as the file that is named. NOT VERIFIED: no file that was read has the number.
// Where another file differs, its number stands beside ours.

namespace sim::hw {
namespace {

// 8 Gb x8 devices on a bus of 64 bits, Micron MT40A1G8-083E: D3 DDR4_8Gb_x8_2400.ini, but
// trtp: R DDR4.h (7.5 ns). trtrs: both. One tRP in DDR4: trp_ab is the same.
constexpr DramTiming kDdr4Timing = {.trcd = 16,
                                    .trp = 16,
                                    .trp_ab = 16,
                                    .tras = 39,
                                    .tcl = 16,
                                    .tcwl = 16,  // R DDR4.h has 12
                                    .tccd_s = 4,
                                    .tccd_l = 6,
                                    .trrd_s = 4,
                                    .trrd_l = 6,
                                    .tfaw = 26,
                                    .twr = 19,  // R DDR4.h has 18 (15 ns)
                                    .twtr_s = 3,
                                    .twtr_l = 9,
                                    .trtp = 9,
                                    .trtrs = 2,
                                    .trfc = 420,  // 350 ns
                                    .trefi = 9364};

// One 8 Gb die of two channels of 16 bits: R LPDDR4.h and LPDDR4.cpp, which count a command of
// several clocks as one. No bank groups: short and long times are the same. DS
// JEDEC_8Gb_LPDDR4-3200_16bit.json differs: tRP 29, PREA 34, RL 28 and tDQSCK 6, tWR 29, tRTP 12,
// tRTRS 1, tRFC 448.
constexpr DramTiming kLpddr4Timing = {
    .trcd = 29,
    .trp = 27,
    .trp_ab = 32,
    .tras = 68,
    .tcl = 35,   // 32 and tDQSCK 3; R sets CL like tRCD
    .tcwl = 18,  // NOT VERIFIED: "made up, half of CL" says R; DS: WL 14
    .tccd_s = 8,
    .tccd_l = 8,
    .trrd_s = 16,
    .trrd_l = 16,
    .tfaw = 64,
    .twr = 28,
    .twtr_s = 17,  // 16, and 1 that R adds from WR to RD
    .twtr_l = 17,
    .trtp = 14,
    .trtrs = 2,
    .trfc = 288,
    .trefi = 6247};

// One stack of eight channels of 128 bits: D3 HBM2_8Gb_x128.ini. Commands for rows and for columns
// have buses of their own in HBM2; here they share one. DS HBM2.json and R2 HBM2.cpp describe
// pseudo channels with other times: tCCD_S 2 in DS, tRFC 350 for 8 Gb in R2.
constexpr DramTiming kHbm2Timing = {
    .trcd = 14,
    .trp = 14,
    .trp_ab = 14,  // NOT VERIFIED, not in the file; R2 has one tRP for both
    .tras = 34,
    .tcl = 14,
    .tcwl = 4,
    .tccd_s = 1,
    .tccd_l = 2,
    .trrd_s = 4,
    .trrd_l = 6,
    .tfaw = 30,
    .twr = 16,
    .twtr_s = 6,
    .twtr_l = 8,
    .trtp = 6,   // the file's tRTP_L; its tRTP_S is 4
    .trtrs = 1,  // NOT VERIFIED: not in the file
    .trfc = 260,
    .trefi = 3900};

// One 8 Gb device of two channels of 16 bits at 12 Gb/s: D3f GDDR6_8Gb_x16.ini. R2 GDDR6.cpp has
// another clock (0.57 ns) and other times.
constexpr DramTiming kGddr6Timing = {
    .trcd = 24,  // for reads; 20 for writes
    .trp = 24,
    .trp_ab = 24,  // NOT VERIFIED, not in the file; R2 has one tRP for both
    .tras = 54,
    .tcl = 24,
    .tcwl = 16,
    .tccd_s = 2,  // NOT VERIFIED: the file has 3, with which the bus would idle; a burst takes 2
    .tccd_l = 4,
    .trrd_s = 9,
    .trrd_l = 9,
    .tfaw = 32,
    .twr = 16,
    .twtr_s = 7,
    .twtr_l = 7,
    .trtp = 3,
    .trtrs = 1,
    .trfc = 126,
    .trefi = 11862};

BankedDramConfig device(std::uint32_t clock_mhz, std::uint32_t channels, std::uint32_t bank_groups,
                        std::uint32_t banks, std::uint32_t rows, std::uint32_t row_bytes,
                        const DramTiming& timing) {
  BankedDramConfig c{};
  c.clock_mhz = clock_mhz;
  c.channels = channels;
  c.ranks = 1;
  c.bank_groups = bank_groups;
  c.banks = banks;
  c.rows = rows;
  c.row_bytes = row_bytes;
  c.timing = timing;
  return c;
}

void set_bus(BankedDramConfig& c, std::uint32_t bits, std::uint32_t burst_length,
             std::uint32_t transfers_per_clock) {
  c.bus_bits = bits;
  c.burst_length = burst_length;
  c.transfers_per_clock = transfers_per_clock;
}

}  // namespace

BankedDramConfig dram_preset(DramStandard standard) {
  BankedDramConfig c{};
  switch (standard) {
    case DramStandard::kDdr4_2400:
      c = device(1200, 1, 4, 4, 65536, 8192, kDdr4Timing);
      set_bus(c, 64, 8, 2);
      break;
    case DramStandard::kLpddr4_3200:
      c = device(1600, 2, 1, 8, 32768, 2048, kLpddr4Timing);
      set_bus(c, 16, 16, 2);
      break;
    case DramStandard::kHbm2:
      c = device(1000, 8, 4, 4, 32768, 2048, kHbm2Timing);
      set_bus(c, 128, 2, 2);  // NOT VERIFIED: the file's burst of 4 exceeds its tCCD_S of 1
      break;
    case DramStandard::kGddr6:
      c = device(1500, 2, 4, 4, 16384, 2048, kGddr6Timing);  // tCK 0.66 ns
      set_bus(c, 16, 16, 8);
      break;
  }
  return c;
}

}  // namespace sim::hw
