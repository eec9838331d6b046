// DRAM with banks against a judge that does everything again from lists, and the rules of the
// standard over every pair of the commands it issued.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/hw/banked_dram_skip.h"
#include "sim/hw/banked_dram_tick.h"
#include "tests/unit/hw/banked_dram_case.h"

namespace sim::hw::memory_test {
namespace {

std::string shown(const std::vector<Command>& commands) {
  std::string all;
  for (const Command& c : commands) {
    all += fmt::format("{} {} {}.{}.{} {} {}\n", c.clock, c.kind, c.rank, c.group, c.bank,
                       c.kind == 'P' ? 0 : c.row, c.kind == 'R' || c.kind == 'W' ? c.column : 0);
  }
  return all;
}

void expect_equal(const BankedOutcome& outcome, const BankedOutcome& expected) {
  for (std::size_t i = 0; i < expected.commands.size(); ++i) {
    ASSERT_EQ(shown(outcome.commands[i]), shown(expected.commands[i])) << "channel " << i;
  }
  EXPECT_EQ(outcome.received, expected.received);
  EXPECT_EQ(outcome.ids, expected.ids);
  EXPECT_EQ(outcome.counters, expected.counters);
  EXPECT_EQ(outcome.cycles, expected.cycles);
}

TEST(BankedDram, StepSkipAndJudgeAgreeInEveryCommandCounterAndResponse) {
  for (std::uint64_t seed = 0; seed < 1000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const BankedCase c = random_banked_case(seed);
    const std::uint64_t tail = seed % 7 * 100;
    const auto expected = judge_banked(c.port, c.config, c.machine_mhz, c.stream, tail);
    expect_equal(run<BankedDramTick>(c, tail), expected);
    expect_equal(run<BankedDramSkip>(c, tail), expected);
    expect_equal(run<BankedDramSkip>(c, tail, true), expected);
  }
}

TEST(BankedDram, NoTwoCommandsBreakARuleOfTheStandard) {
  for (std::uint64_t seed = 1000; seed < 2000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const BankedCase c = random_banked_case(seed);
    const BankedOutcome outcome = run<BankedDramTick>(c, 3000);
    const auto end = static_cast<std::int64_t>(outcome.cycles * c.config.clock_mhz / c.machine_mhz);
    for (const auto& commands : outcome.commands) {
      EXPECT_EQ(first_fault(c.config, commands, end), "");
    }
  }
}

/// Sums that hold at any time, of a run of `clocks` DRAM clocks.
void expect_conserved(const BankedCase& c, const DramCounts& n, std::uint64_t clocks) {
  EXPECT_EQ(n.data_clocks + n.refresh_wait_clocks + n.timing_wait_clocks + n.idle_clocks,
            clocks * c.config.channels);
  EXPECT_EQ(n.row_hits + n.row_misses + n.row_conflicts, n.bursts);
  EXPECT_EQ(n.moved_bytes, n.bursts * c.config.burst_bytes());
  EXPECT_GE(n.activates, n.precharges);
  EXPECT_LE(n.activates - n.precharges,
            c.config.channels * c.config.ranks * c.config.banks_of_rank());
  EXPECT_GE(n.activates, n.row_misses + n.row_conflicts);
}

TEST(BankedDram, ClocksBytesAndRowsAddUp) {
  for (std::uint64_t seed = 2000; seed < 2500 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const BankedCase c = random_banked_case(seed);
    MemoryPort port(c.port);
    BankedDramSkip engine(c.config, c.machine_mhz, port);
    const Outcome outcome = drive(engine, port, c.stream, 1000);
    const DramCounts& n = engine.counts();
    std::uint64_t clocks = 0;
    while (clocks * c.machine_mhz < outcome.cycles * c.config.clock_mhz) ++clocks;
    expect_conserved(c, n, clocks);
    EXPECT_EQ(n.data_clocks, n.bursts * c.config.burst_clocks());
    EXPECT_EQ(n.responses, n.read_requests + n.write_requests);
    EXPECT_EQ(n.responses, c.stream.requests.size());
    EXPECT_GE(n.moved_bytes, n.read_bytes + n.write_bytes);
  }
}

TEST(BankedDram, ResponsesComeInTheOrderOfRequests) {
  for (std::uint64_t seed = 3000; seed < 3200; ++seed) {
    const BankedCase c = random_banked_case(seed);
    const BankedOutcome outcome = run<BankedDramSkip>(c);
    ASSERT_EQ(outcome.ids.size(), c.stream.requests.size());
    for (std::size_t i = 0; i < outcome.ids.size(); ++i) ASSERT_EQ(outcome.ids[i], i);
  }
}

}  // namespace
}  // namespace sim::hw::memory_test
