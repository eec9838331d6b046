#include "sim/hw/dram_presets.h"

// Each preset has one file of another open simulator, and each number that this file states from
// it; what stands in no file says so. By short name, with the commit that was read:
//   D3   github.com/umd-memsys/DRAMsim3, configs/DDR4_8Gb_x8_2400.ini (0cb7aee)
//   DSL  github.com/tukl-msd/DRAMSys, configs/memspec/JEDEC_8Gb_LPDDR4-3200_16bit.json (3ff9a99)
//   DSH  the same, configs/memspec/HBM2.json (caf5845)
//   D3f  github.com/hplp/DRAMsim3, configs/GDDR6_8Gb_x16.ini (243602b)
// and beside them
//   R    github.com/CMU-SAFARI/ramulator, src/DDR4.h (10973a3), src/LPDDR4.h (4c79a00)
//   R2   github.com/CMU-SAFARI/ramulator2, src/dram/impl/HBM2.cpp (1fb94b8), GDDR6.cpp (525d045)
//   D3h  github.com/umd-memsys/DRAMsim3, configs/HBM2_8Gb_x128.ini (0eb6360)
// They quote JEDEC JESD79-4 (DDR4), JESD209-4 (LPDDR4), JESD235 (HBM2) and vendors' data sheets;
// for GDDR6, JESD250 leaves the times to the vendors. The standards themselves were not at hand: a
// number is as sure as the file that is named.
// A command of several clocks (LPDDR4: 2 and 4; ACT of HBM2: 2) stands for its last one, from and
// to which JEDEC counts. So do DRAMSys's rules in CheckerLPDDR4.cpp and CheckerHBM2.cpp, whose sums
// from a command's first clock (tRP - 2, tRAS + 2) are the same.

namespace sim::hw {
namespace {

// 8 Gb x8 devices on a bus of 64 bits, Micron MT40A1G8PM-083E: D3, but trtp: R.
constexpr DramTiming kDdr4Timing = {.trcd = 16,
                                    .trp = 16,
                                    .trp_ab = 16,  // the file's one tRP
                                    .tras = 39,
                                    .tcl = 16,
                                    .tcwl = 16,  // R has 12
                                    .tccd_s = 4,
                                    .tccd_l = 6,
                                    .trrd_s = 4,
                                    .trrd_l = 6,
                                    .tfaw = 26,
                                    .twr = 19,  // R has 18 (15 ns)
                                    .twtr_s = 3,
                                    .twtr_l = 9,
                                    .trtp = 9,
                                    .trtrs = 2,  // without the file's tRPRE of 1
                                    .trfc = 420,
                                    .trefi = 9364};

// One die of two channels of 16 bits and 8 Gb: DSL, which is one channel; that a die has two says
// R. No bank groups: short and long times are the same.
constexpr DramTiming kLpddr4Timing = {
    .trcd = 29,
    .trp = 29,     // RPpb
    .trp_ab = 34,  // RPab
    .tras = 68,
    .tcl = 34,   // RL 28 and DQSCK 6
    .tcwl = 15,  // WL 14 and DQSS 1
    .tccd_s = 8,
    .tccd_l = 8,
    .trrd_s = 16,
    .trrd_l = 16,
    .tfaw = 64,
    .twr = 29,
    .twtr_s = 16,
    .twtr_l = 16,
    .trtp = 12,  // BL/2 + RTP - 8
    .trtrs = 3,  // RD to WR of a rank: DQSS 1, WPRE 2 and RPST 0; between ranks the file has RTRS 1
    .trfc = 448,  // RFCab, of 8 Gb a channel
    .trefi = 6246};

// One stack of eight channels (D3h) of 128 bits, each two pseudo channels of 64 bits that are
// channels here: DSH. Here each has a bus for its commands; in HBM2 the two share one for rows and
// one for columns.
constexpr DramTiming kHbm2Timing = {
    .trcd = 12,  // RCDRD; RCDWR is 6
    .trp = 14,
    .trp_ab = 14,  // the file's one RP
    .tras = 28,
    .tcl = 18,  // RL 17 and DQSCK 1
    .tcwl = 7,
    .tccd_s = 2,
    .tccd_l = 3,
    .trrd_s = 4,
    .trrd_l = 6,
    .tfaw = 16,
    .twr = 14,
    .twtr_s = 4,
    .twtr_l = 9,
    .trtp = 5,
    .trtrs = 5,  // from RTW 18: RL 17 + DQSCK 1 + 2 of the burst + 5 - WL 7
    .trfc =
        220,  // the file's, which has 32,768 rows (8 Gb a channel); for 8 Gb R2 has 350, D3h 260
    .trefi = 3900};

// One 8 Gb device of two channels of 16 bits at 12 Gb/s: D3f, which makes one channel of a device
// and switches bank groups off. R2 has another clock (0.57 ns) and other times.
constexpr DramTiming kGddr6Timing = {
    .trcd = 24,  // tRCDRD; tRCDWR is 20
    .trp = 24,
    .trp_ab = 24,  // the file's one tRP
    .tras = 54,
    .tcl = 24,
    .tcwl = 16,
    .tccd_s = 3,  // a burst takes 2: the bus is busy at most two thirds of the time
    .tccd_l = 4,
    .trrd_s = 9,
    .trrd_l = 9,
    .tfaw = 32,
    .twr = 16,
    .twtr_s = 7,
    .twtr_l = 7,
    .trtp = 3,
    .trtrs = 1,  // without the file's tRPRE of 1
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
      c = device(1600, 2, 1, 8, 65536, 2048, kLpddr4Timing);
      set_bus(c, 16, 16, 2);
      break;
    case DramStandard::kHbm2:
      c = device(1000, 16, 4, 4, 32768, 1024, kHbm2Timing);
      set_bus(c, 64, 4, 2);
      break;
    case DramStandard::kGddr6:
      // tCK 0.66 ns. Two channels and rows of 2,048 bytes: R2, GDDR6_8Gb_x16.
      c = device(1500, 2, 4, 4, 16384, 2048, kGddr6Timing);
      set_bus(c, 16, 16, 8);  // 8 transfers a clock: no public file confirms
      break;
  }
  return c;
}

}  // namespace sim::hw
