// DRAM with banks against closed forms, on the devices of the standards.

#include <gtest/gtest.h>

#include <string>

#include "sim/hw/banked_dram_skip.h"
#include "sim/hw/banked_dram_tick.h"
#include "tests/unit/hw/banked_dram_case.h"

namespace sim::hw::memory_test {
namespace {

/// Column commands of the first channel.
std::vector<Command> transfers(const BankedOutcome& outcome) {
  std::vector<Command> all;
  for (const Command& c : outcome.commands[0]) {
    if (c.kind == 'R' || c.kind == 'W') all.push_back(c);
  }
  return all;
}

/// Requests of one burst each, all at once.
void add_bursts(BankedCase& c, const std::vector<std::uint64_t>& addresses, bool write = false) {
  for (const std::uint64_t a : addresses) {
    c.stream.requests.push_back({0, a, c.config.burst_bytes(), write});
  }
}

BankedOutcome run_both(const BankedCase& c) {
  BankedOutcome tick = run<BankedDramTick>(c);
  const BankedOutcome skip = run<BankedDramSkip>(c);
  EXPECT_EQ(tick.received, skip.received);
  EXPECT_EQ(tick.counters, skip.counters);
  return tick;
}

TEST(BankedDramForms, OneReadTakesRcdClAndItsBurst) {
  BankedCase c = standard_case("standard: ddr4_2400");
  add_bursts(c, {0});
  // Sent in 0, taken and ACT in 1, seen in the cycle after the last data.
  EXPECT_EQ(run_both(c).received.at(0), 1u + 16 + 16 + 4);
}

TEST(BankedDramForms, OneWriteTakesRcdCwlAndItsBurst) {
  BankedCase c = standard_case("standard: hbm2");
  add_bursts(c, {0}, true);
  EXPECT_EQ(run_both(c).received.at(0), 1u + 12 + 7 + 2);
}

TEST(BankedDramForms, ANewRowOfOneBankEachTimeTakesTrc) {
  for (const char* standard : {"ddr4_2400", "lpddr4_3200", "hbm2", "gddr6"}) {
    BankedCase c = standard_case(
        (std::string("{mapping: row_rank_bank_group_channel_column, standard: ") + standard + "}")
            .c_str());
    const std::uint64_t row =
        std::uint64_t{c.config.row_bytes} * c.config.banks_of_rank() * c.config.channels;
    std::vector<std::uint64_t> addresses;
    for (std::uint64_t i = 0; i < 20; ++i) addresses.push_back(i * row);
    add_bursts(c, addresses);
    const auto reads = transfers(run_both(c));
    ASSERT_EQ(reads.size(), 20u);
    const DramTiming& t = c.config.timing;
    // The row stays open for tRAS, or as long as a read needs it.
    const std::int64_t period = std::max(t.tras, t.trcd + t.trtp) + t.trp;
    for (std::size_t i = 1; i < 20; ++i) {
      EXPECT_EQ(reads[i].clock - reads[i - 1].clock, period) << standard << " " << i;
    }
  }
}

/// Even where it would be longer than the row cycle, which no device has.
TEST(BankedDramForms, TrrdIsOfTwoBanks) {
  BankedCase c = standard_case("mapping: row_rank_bank_group_channel_column");
  c.config.timing.trrd_l = 80;
  const std::uint64_t bank = std::uint64_t{c.config.row_bytes} * c.config.bank_groups;
  const std::uint64_t row = bank * c.config.banks;
  add_bursts(c, {0, row, 2 * row, 2 * row + bank});
  std::vector<std::int64_t> activates;
  const BankedOutcome outcome = run_both(c);
  for (const Command& command : outcome.commands[0]) {
    if (command.kind == 'A') activates.push_back(command.clock);
  }
  // The other bank has been waiting since the first row was opened.
  ASSERT_EQ(activates.size(), 4u);
  EXPECT_EQ(activates[1] - activates[0], 39 + 16);
  EXPECT_EQ(activates[2] - activates[1], 39 + 16);
  EXPECT_EQ(activates[3] - activates[2], 80);
}

TEST(BankedDramForms, BankGroupsInterleavedFillTheBusAndOneBankGroupDoesNot) {
  const auto clocks_of_64 = [](const char* mapping) {
    BankedCase c = standard_case(mapping);
    c.stream.requests.push_back({0, 0, 64 * c.config.burst_bytes(), false});
    const auto reads = transfers(run_both(c));
    return reads.back().clock - reads[reads.size() - 33].clock;
  };
  EXPECT_EQ(clocks_of_64("mapping: row_rank_bank_column_group_channel"), 32 * 4);  // tCCD_S
  EXPECT_EQ(clocks_of_64("mapping: row_rank_bank_group_column_channel"), 32 * 6);  // tCCD_L
}

TEST(BankedDramForms, TwoRanksInTurnLoseTheSwitchOfTheBus) {
  // A queue of one leaves nothing to choose from.
  BankedCase c =
      standard_case("{ranks: 2, queue_depth: 1, mapping: row_bank_group_column_rank_channel}");
  c.stream.requests.push_back({0, 0, 64 * c.config.burst_bytes(), false});
  const auto reads = transfers(run_both(c));
  ASSERT_EQ(reads.size(), 64u);
  EXPECT_EQ(reads[63].clock - reads[31].clock, 32 * (4 + 2));  // burst and tRTRS
}

TEST(BankedDramForms, ActivationsOfARankKeepToFourInTfaw) {
  BankedCase c = standard_case("{mapping: row_rank_column_bank_group_channel, trrd_l_clocks: 4}");
  c.stream.requests.push_back({0, 0, 16 * c.config.burst_bytes(), false});  // 16 banks
  std::vector<std::int64_t> activates;
  const BankedOutcome outcome = run_both(c);
  for (const Command& command : outcome.commands[0]) {
    if (command.kind == 'A') activates.push_back(command.clock);
  }
  ASSERT_EQ(activates.size(), 16u);
  EXPECT_EQ(activates[3] - activates[0], 3 * 4);
  for (std::size_t i = 4; i < 16; ++i) EXPECT_EQ(activates[i] - activates[i - 4], 26);
}

TEST(BankedDramForms, AReadAfterAWriteWaitsForTwtr) {
  BankedCase c = standard_case("queue_depth: 8");
  c.stream.requests.push_back({0, 0, 64, true});
  c.stream.requests.push_back({0, 256, 64, false});  // next column of the same bank group
  const auto both = transfers(run_both(c));
  EXPECT_EQ(both[1].clock - both[0].clock, 16 + 4 + 9);
}

TEST(BankedDramForms, ARowThatIsOpenIsServedBeforeAnOlderBurstOfAnother) {
  BankedCase c = standard_case("row_hit_cap: 3");
  const std::uint64_t row = std::uint64_t{c.config.row_bytes} * 16;
  add_bursts(c, {0, row, 256, 512, 768, 1024});
  const auto reads = transfers(run_both(c));
  std::vector<std::uint32_t> columns;
  for (const Command& r : reads) columns.push_back(r.row == 0 ? r.column : 1000 + r.column);
  // The oldest first, and of what overtakes the other row only three.
  EXPECT_EQ(columns, (std::vector<std::uint32_t>{0, 1, 2, 3, 1000, 4}));
}

TEST(BankedDramForms, AnIdleDramIsRefreshedEachTrefi) {
  BankedCase c = standard_case("ranks: 2");
  c.stream.requests.push_back({0, 0, 64, false});
  MemoryPort port(c.port);
  BankedDramSkip engine(c.config, c.machine_mhz, port);
  const Outcome outcome = drive(engine, port, c.stream, 100 * 9364 - 38 - 100);
  EXPECT_EQ(outcome.cycles, 100u * 9364 - 100 + 1);
  EXPECT_EQ(engine.counts().refreshes, 99u + 100);  // the other rank half an interval earlier
  EXPECT_EQ(engine.counts().refresh_clocks, (99u + 100) * 420);
  EXPECT_EQ(engine.counts().precharges, 1u);
  EXPECT_LT(outcome.events, 10u);
}

/// Reads of one address after the other, 1,024 bytes each.
BankedCase streaming_case(std::uint64_t bursts) {
  BankedCase c = standard_case("standard: ddr4_2400");
  for (std::uint64_t i = 0; i < bursts / 16; ++i) {
    c.stream.requests.push_back({0, i * 1024, 1024, false});
  }
  return c;
}

TEST(BankedDramForms, StreamingReadsHideTheRowsThatTheyOpen) {
  // Four rows of each bank group in turn; the next are opened while data moves.
  const BankedCase c = streaming_case(2048);
  EXPECT_EQ(run_both(c).received.back(), 1u + 16 + 16 + 2048 * 4);
}

TEST(BankedDramForms, ARefreshCostsTheBusFromTheReadBeforeItToTheReadAfterIt) {
  const BankedCase c = streaming_case(3200);
  const DramTiming& t = c.config.timing;
  const std::uint64_t first_read = 1 + t.trcd;
  const std::uint64_t last_before = t.trefi - 1 - (t.trefi - 1 - first_read) % 4;
  const std::uint64_t first_after = last_before + t.trtp + t.trp_ab + t.trfc + t.trcd;
  EXPECT_EQ(run_both(c).received.back(),
            first_read + t.tcl + 3200 * 4 + (first_after - last_before - 4));
}

TEST(BankedDramForms, LongStreamsRunAtThePeakLessRefreshes) {
  const std::uint64_t bursts = 60000;
  const BankedCase c = streaming_case(bursts);
  MemoryPort port(c.port);
  BankedDramSkip engine(c.config, c.machine_mhz, port);
  const Outcome outcome = drive(engine, port, c.stream);
  const DramCounts& n = engine.counts();
  const DramTiming& t = c.config.timing;
  EXPECT_EQ(n.bursts, bursts);
  EXPECT_EQ(n.refreshes, outcome.cycles / t.trefi);
  const std::uint64_t least = t.trp_ab + t.trfc + t.trcd;
  const std::uint64_t most = least + t.trtp + t.trrd_l;
  const std::uint64_t ends = 2 + t.trcd + t.tcl;
  EXPECT_GE(outcome.cycles, bursts * 4 + n.refreshes * least + ends);
  EXPECT_LE(outcome.cycles, bursts * 4 + n.refreshes * most + ends);
  EXPECT_EQ(n.moved_bytes, n.read_bytes);
  EXPECT_EQ(n.read_bytes, bursts * 64);  // of 16 bytes a clock
  EXPECT_GT(static_cast<double>(n.read_bytes) / static_cast<double>(16 * outcome.cycles),
            1 - static_cast<double>(most) / t.trefi);
}

}  // namespace
}  // namespace sim::hw::memory_test
