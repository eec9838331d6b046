// A buffer of banks against closed forms.

#include <gtest/gtest.h>

#include <string>

#include "sim/base/error.h"
#include "sim/hw/banked_buffer_skip.h"
#include "tests/unit/hw/banked_buffer_case.h"

namespace sim::hw::buffer_test {
namespace {

constexpr std::uint32_t kLatency = 2;

Case quiet_case(BankMapping mapping, std::uint32_t banks, std::uint32_t rows) {
  return {.config = {banks, rows, mapping, kLatency},
          .owners = std::vector<std::uint32_t>(banks, 0),
          .ports = {},
          .command_depth = 4,
          .command_response_depth = 4,
          .commands = {},
          .command_services = {0}};
}

/// A port that asks for the same `times` times, and takes every response at once.
PortCase asking(std::uint64_t address, std::uint32_t words, std::uint32_t times,
                std::uint32_t owner = 0) {
  return {owner, 16, 16, std::vector<Asked>(times, {0, address, words, false}), {0}};
}

/// The last response is received in this cycle; both engines agree.
std::uint64_t last_cycle(const Case& c) {
  const Outcome tick = run<BankedBufferTick>(c);
  const Outcome skip = run<BankedBufferSkip>(c);
  EXPECT_EQ(tick.responses, skip.responses);
  EXPECT_EQ(tick.counters, skip.counters);
  return tick.cycles - 2;
}

/// From the cycle in which a request is sent to that in which its response is received, if `cycles`
/// pass from its first word to its last.
std::uint64_t seen_after(std::uint64_t cycles) { return 1 + (cycles - 1) + kLatency + 1; }

TEST(BankedBufferForms, AStreamToOneBankMovesAWordACycle) {
  Case c = quiet_case(BankMapping::kBlocked, 4, 1000);
  c.ports = {asking(0, 1000, 1)};
  EXPECT_EQ(last_cycle(c), seen_after(1000));
  c.ports = {asking(7, 1, 1000)};
  EXPECT_EQ(last_cycle(c), seen_after(1000));
}

TEST(BankedBufferForms, PortsOnOneBankShareItsRate) {
  for (std::uint64_t ports = 1; ports <= 5; ++ports) {
    Case c = quiet_case(BankMapping::kBlocked, 4, 1000);
    for (std::uint64_t p = 0; p < ports; ++p) c.ports.push_back(asking(0, 600, 1));
    EXPECT_EQ(last_cycle(c), seen_after(600 * ports));
    // All of them have about the same rate: the first ends a round before the last.
    const std::string first = run<BankedBufferSkip>(c).responses;
    const std::string end = " 0:0@" + std::to_string(seen_after(600 * ports - ports + 1));
    EXPECT_EQ(first.substr(0, first.find('\n')), end);
  }
}

TEST(BankedBufferForms, PortsOnDistinctBanksHaveTheFullRate) {
  Case c = quiet_case(BankMapping::kBlocked, 8, 500);
  for (std::uint64_t p = 0; p < 8; ++p) c.ports.push_back(asking(p * 500, 500, 1));
  EXPECT_EQ(last_cycle(c), seen_after(500));
}

TEST(BankedBufferForms, InterleavedStreamsMeetOnceAndThenFollowEachOther) {
  Case c = quiet_case(BankMapping::kInterleaved, 8, 500);
  for (std::uint32_t p = 0; p < 8; ++p) c.ports.push_back(asking(0, 4000, 1));
  // The last port waits for each of the others in the first bank.
  EXPECT_EQ(last_cycle(c), seen_after(4000 + 7));
  EXPECT_LT(run<BankedBufferSkip>(c).events, 60u);
}

TEST(BankedBufferForms, MorePortsThanInterleavedBanksKeepAllBanksBusy) {
  Case c = quiet_case(BankMapping::kInterleaved, 4, 300);
  for (std::uint32_t p = 0; p < 8; ++p) c.ports.push_back(asking(p, 1000, 1));
  const std::uint64_t words = 8 * 1000 / 4;
  EXPECT_GE(last_cycle(c), seen_after(words));
  EXPECT_LE(last_cycle(c), seen_after(words) + 16);
}

TEST(BankedBufferForms, ResponsesWithoutAPlaceBoundTheRate) {
  Case c = quiet_case(BankMapping::kBlocked, 1, 10);
  c.ports = {asking(0, 1, 100)};
  c.ports[0].response_depth = 1;
  // Taken in n, given in n + 2, received in n + 3, and the place is seen in n + 4.
  EXPECT_EQ(last_cycle(c), 1 + 99 * (kLatency + 2) + kLatency + 1);
}

TEST(BankedBufferForms, ClearingTakesACycleForEachRowAndItsOwnerWaits) {
  Case c = quiet_case(BankMapping::kBlocked, 2, 40);
  c.ports = {asking(40, 1, 1, 1)};
  c.commands = {{0, {1, 1}}};
  const Outcome outcome = run<BankedBufferTick>(c);
  // Command and request are taken in 1; rows are cleared in 1..40, the word is served in 41.
  EXPECT_EQ(outcome.responses, " 0:0@44\n 1:1@41\n");
  EXPECT_EQ(run<BankedBufferSkip>(c).responses, outcome.responses);
}

TEST(BankedBufferForms, TheOldOwnerIsRefusedFromTheFirstCycleOfClearing) {
  Case c = quiet_case(BankMapping::kBlocked, 2, 40);
  c.ports = {asking(40, 10, 1, 0)};
  c.commands = {{4, {1, 1}}};
  // Words in 1..4 are served, those in 5..10 refused.
  EXPECT_EQ(run<BankedBufferTick>(c).responses, " 0:6@13\n 1:1@45\n");
  EXPECT_EQ(run<BankedBufferSkip>(c).responses, " 0:6@13\n 1:1@45\n");
}

TEST(BankedBufferForms, BanksAreClearedSideBySideAndOneBankOneAfterTheOther) {
  Case c = quiet_case(BankMapping::kBlocked, 2, 40);
  c.ports = {asking(0, 1, 0)};
  c.commands = {{0, {0, 1}}, {0, {1, 1}}, {0, {1, 2}}};
  const std::string expected = "\n 0:1@41 1:1@42 1:2@82\n";
  EXPECT_EQ(run<BankedBufferTick>(c).responses, expected);
  EXPECT_EQ(run<BankedBufferSkip>(c).responses, expected);
}

TEST(BankedBufferForms, ARequestBeyondTheBufferIsAMistake) {
  Case c = quiet_case(BankMapping::kBlocked, 2, 40);
  c.ports = {asking(79, 2, 1)};
  EXPECT_THROW(run<BankedBufferTick>(c), base::SimulationError);
  EXPECT_THROW(run<BankedBufferSkip>(c), base::SimulationError);
}

}  // namespace
}  // namespace sim::hw::buffer_test
