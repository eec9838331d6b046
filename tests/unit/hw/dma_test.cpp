// A DMA between a memory and its neighbours, against a judge and closed forms.

#include "sim/hw/dma.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "tests/unit/hw/banked_dram_case.h"
#include "tests/unit/hw/dma_case.h"
#include "tests/unit/hw/effort.h"

namespace sim::hw::dma_test {
namespace {

void expect_equal(const Outcome& outcome, const Outcome& expected) {
  EXPECT_EQ(outcome.bursts, expected.bursts);
  EXPECT_EQ(outcome.counters, expected.counters);
  EXPECT_EQ(outcome.cycles, expected.cycles);
}

TEST(Dma, TickSkipAndJudgeAgreeInEveryCounterAndBurst) {
  for (std::uint64_t seed = 0; seed < 2000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = random_case(seed);
    const std::uint64_t tail = seed % 40;
    const Outcome expected = judge(c, tail);
    const Outcome tick = run(c, false, tail);
    const Outcome skip = run(c, true, tail);
    expect_equal(tick, expected);
    expect_equal(skip, expected);
    EXPECT_EQ(skip.memory, tick.memory);
    expect_equal(run(c, true, tail, true), expected);
  }
}

TEST(Dma, SkippingBeforeADramWithBanksCountsWhatSteppingCounts) {
  for (std::uint64_t seed = 0; seed < 500 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Case c = random_case(seed);
    DramConfig memory{};
    memory.kind = DramKind::kBanked;
    memory.banked = memory_test::random_banked_case(seed).config;
    const std::uint64_t capacity = memory.banked.capacity_bytes();
    for (GivenDescriptor& d : c.descriptors) {
      d.descriptor.line_stride %= capacity / 16;
      d.descriptor.address %= capacity / 4;
      d.descriptor.line_bytes = std::min<std::uint64_t>(d.descriptor.line_bytes, capacity / 4);
    }
    c.data = {{0, c.bytes(true) + 1}};
    const Outcome tick = run(c, memory, false, seed % 40);
    const Outcome skip = run(c, memory, true, seed % 40);
    expect_equal(skip, tick);
    EXPECT_EQ(skip.memory, tick.memory);
  }
}

/// Requests of a DMA before a memory that answers in the cycle in which it takes.
std::vector<MemoryRequest> requests_of(const DmaConfig& config, const DmaDescriptor& descriptor) {
  MemoryPort port({.outstanding = 4, .bytes_per_cycle = 8});
  CreditQueue<DmaDescriptor> descriptors(1);
  CreditQueue<DmaBurst> done(1);
  CreditQueue<DmaData> data(1);
  DmaTick dma(config, {&descriptors, &port, &done, &data});
  descriptors.push(0, descriptor);
  data.push(0, {descriptor.lines * descriptor.line_bytes});
  std::vector<MemoryRequest> requests;
  for (std::uint64_t cycle = 1; true; ++cycle) {
    dma.run_to(cycle);
    if (port.can_take(cycle)) {
      requests.push_back(port.take(cycle));
      port.respond(cycle, {requests.back().id});
    }
    if (done.can_pop(cycle) && done.pop(cycle).last) return requests;
  }
}

TEST(Dma, RequestsCoverEveryByteOfEveryLineInOrder) {
  base::Rng rng(1, "addresses");
  for (int trial = 0; trial < 1000; ++trial) {
    const DmaDescriptor d = {.address = rng.below(1 << 20),
                             .line_bytes = 1 + rng.below(50),
                             .lines = 1 + rng.below(5),
                             .line_stride = rng.below(100),
                             .write = rng.below(2) == 0};
    const DmaConfig config = {.burst_bytes = static_cast<std::uint32_t>(1 + rng.below(20)),
                              .outstanding = 3};
    std::vector<std::uint64_t> asked, expected;
    for (const MemoryRequest& r : requests_of(config, d)) {
      ASSERT_EQ(r.write, d.write);
      ASSERT_LE(r.bytes, config.burst_bytes);
      for (std::uint64_t i = 0; i < r.bytes; ++i) asked.push_back(r.address + i);
    }
    for (std::uint64_t line = 0; line < d.lines; ++line) {
      for (std::uint64_t i = 0; i < d.line_bytes; ++i) {
        expected.push_back(d.address + line * d.line_stride + i);
      }
    }
    ASSERT_EQ(asked, expected);
  }
}

using Counters = std::map<std::string, std::uint64_t>;

Counters counters(const Outcome& outcome) {
  Counters all;
  std::istringstream words(outcome.counters);
  std::string name;
  for (std::uint64_t value = 0; words >> name >> value;) all[name] = value;
  return all;
}

TEST(Dma, EveryRuleBindsInTheCasesAbove) {
  Counters sums;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (const auto& [name, value] : counters(run(random_case(seed), true))) sums[name] += value;
  }
  EXPECT_EQ(sums.size(), dma_fields().size());
  for (const auto& [name, sum] : sums) EXPECT_GT(sum, 5000u) << name;
}

/// What the consumer must see, whatever the times.
std::string in_order(const Case& c) {
  std::string all;
  for (const auto& [cycle, d] : c.descriptors) {
    for (std::uint64_t line = 0; line < d.lines; ++line) {
      for (std::uint64_t at = 0; at < d.line_bytes; at += c.dma.burst_bytes) {
        const std::uint64_t bytes = std::min<std::uint64_t>(d.line_bytes - at, c.dma.burst_bytes);
        const bool last = line + 1 == d.lines && at + bytes == d.line_bytes;
        all += fmt::format(" {}:{}:{:d}", d.id, bytes, last);
      }
    }
  }
  return all;
}

std::string without_cycles(const std::string& bursts) {
  std::string all;
  std::istringstream words(bursts);
  for (std::string word; words >> word;) all += fmt::format(" {}", word.substr(0, word.find('@')));
  return all;
}

TEST(Dma, NothingIsLostAddedOrReorderedAndEveryCycleIsCountedOnce) {
  for (std::uint64_t seed = 2000; seed < 3000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = random_case(seed);
    const Outcome outcome = run(c, true, seed % 30);
    EXPECT_EQ(without_cycles(outcome.bursts), in_order(c));
    Counters n = counters(outcome);
    EXPECT_EQ(n["read_bytes"], c.bytes(false));
    EXPECT_EQ(n["write_bytes"], c.bytes(true));
    EXPECT_EQ(n["bursts"], c.bursts());
    EXPECT_EQ(n["busy_cycles"] + n["credit_wait_cycles"] + n["data_wait_cycles"] +
                  n["outstanding_wait_cycles"] + n["memory_wait_cycles"] + n["idle_cycles"],
              outcome.cycles);
  }
}

test::Effort effort_of(const Case& c) {
  const Outcome outcome = run(c, true);
  return {outcome.events, outcome.cycles};
}

TEST(Dma, LongerStallsCallTheSkipEngineNoMoreOften) {
  test::Effort some, longer;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Case c = with_longer_stalls(random_case(seed), 10);
    some += effort_of(c);
    longer += effort_of(with_longer_stalls(c, 10));
  }
  test::expect_events_of_changes(some, longer, 8);
}

/// One descriptor from cycle 0, a memory of 16 bytes a cycle behind a port as wide, and a consumer
/// that takes every burst at once.
Case quiet_case(std::uint32_t outstanding, std::uint32_t latency, const DmaDescriptor& d) {
  Case c{.dma = {.burst_bytes = 64, .outstanding = outstanding},
         .port = {.outstanding = 1024, .bytes_per_cycle = 16},
         .memory = {16, latency, 1},
         .descriptor_depth = 1,
         .data_depth = 4,
         .done_depth = 4,
         .descriptors = {{0, d}},
         .data = {},
         .services = {0}};
  if (d.write) c.data = {{0, d.line_bytes * d.lines}};
  return c;
}

/// The cycle in which the consumer has the last burst; both engines agree.
std::uint64_t last_cycle(const Case& c) {
  const Outcome tick = run(c, false);
  expect_equal(run(c, true), tick);
  return tick.cycles - 2;
}

TEST(Dma, AStreamTakesLatencyAndBytesOverRateIfEnoughAreOutstanding) {
  for (const std::uint32_t latency : {0u, 1u, 100u}) {
    for (const std::uint64_t bursts : {1u, 2u, 50u, 1000u}) {
      const Case c = quiet_case(1024, latency, {.line_bytes = 64 * bursts});
      // Given in 0, sent in 1, taken in 2; seen by the DMA a cycle after its last data, and by the
      // consumer another cycle later.
      EXPECT_EQ(last_cycle(c), 2 + latency + bursts * 4 - 1 + 2);
    }
  }
}

TEST(Dma, LinesAreSplitFromTheirStarts) {
  const Case c = quiet_case(64, 10, {.line_bytes = 80, .lines = 25, .line_stride = 4096});
  EXPECT_EQ(last_cycle(c), 2 + 10 + 25 * (4 + 1) - 1 + 2);
}

TEST(Dma, ReadsAreBoundByLatencyIfFewAreOutstanding) {
  for (const std::uint32_t outstanding : {1u, 2u, 3u, 7u}) {
    const std::uint64_t bursts = 210;
    const Case c = quiet_case(outstanding, 97, {.line_bytes = 64 * bursts});
    // A burst comes back a round after it is sent, and with it the right to send another.
    const std::uint64_t round = 1 + 97 + 4;
    const std::uint64_t last_round = bursts / outstanding - 1;
    EXPECT_EQ(last_cycle(c),
              1 + last_round * round + (outstanding - 1) * std::uint64_t{4} + round + 1);
  }
}

TEST(Dma, WritesWaitForTheirDataAndMoveItAtTheRateOfThePort) {
  const std::uint64_t bursts = 100;
  Case c = quiet_case(64, 30, {.line_bytes = 64 * bursts, .write = true});
  // The first is taken in 2 and whole in 5; its data moves from 35 to 38.
  EXPECT_EQ(last_cycle(c), 5 + 30 + bursts * 4 - 1 + 2);
  c.data.clear();
  for (std::uint64_t i = 0; i < bursts; ++i) c.data.push_back({i * 20, 64});
  EXPECT_EQ(last_cycle(c), (bursts - 1) * 20 + 5 + 30 + 4 - 1 + 2);
  EXPECT_GT(counters(run(c, true))["data_wait_cycles"], 1500u);
}

TEST(Dma, ASlowConsumerSetsTheRateAndStopsTheMemory) {
  Case c = quiet_case(8, 20, {.line_bytes = std::uint64_t{64} * 100});
  c.services = {29};
  EXPECT_EQ(last_cycle(c), 2 + 20 + 4 - 1 + 2 + 99 * 30);
  EXPECT_GT(counters(run(c, true))["credit_wait_cycles"], 80u * 29);
}

TEST(Dma, ADescriptorThatMovesNothingIsAMistake) {
  EXPECT_THROW(run(quiet_case(1, 1, {.line_bytes = 0}), true), base::SimulationError);
  EXPECT_THROW(run(quiet_case(1, 1, {.lines = 0}), false), base::SimulationError);
}

}  // namespace
}  // namespace sim::hw::dma_test
