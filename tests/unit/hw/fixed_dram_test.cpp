#include "sim/hw/fixed_dram.h"

#include <gtest/gtest.h>

#include "tests/unit/hw/fixed_dram_judge.h"

namespace sim::hw::memory_test {
namespace {

constexpr MemoryPortConfig kWide = {.outstanding = 1000, .bytes_per_cycle = 4096};

struct Case {
  MemoryPortConfig port;
  FixedDramConfig config;
  Stream stream;
};

/// Requests in bursts of activity with pauses between, of sizes around the widths.
Case random_case(std::uint64_t seed) {
  base::Rng rng(seed, "fixed");
  Case c{};
  c.port = {.outstanding = between(rng, 1, 12), .bytes_per_cycle = between(rng, 1, 64)};
  c.config = {.bytes_per_cycle = between(rng, 1, 64),
              .latency_cycles = rng.below(4) == 0 ? 0 : between(rng, 1, 60),
              .accept_interval_cycles = between(rng, 1, rng.below(3) == 0 ? 20 : 2)};
  if (rng.below(5) == 0) c.config = kIdealDram;
  c.stream.receive_interval = between(rng, 1, rng.below(3) == 0 ? 30 : 2);
  std::uint64_t cycle = 0;
  for (std::uint32_t left = between(rng, 1, 60); left > 0; --left) {
    cycle += rng.below(6) == 0 ? rng.below(150) : rng.below(3);
    c.stream.requests.push_back(
        {cycle, rng.below(1 << 20), between(rng, 1, 200), rng.below(3) == 0});
  }
  return c;
}

template <class Engine>
Outcome run(const Case& c, std::uint64_t tail = 0, bool disturb = false) {
  MemoryPort port(c.port);
  Engine engine(c.config, port);
  return drive(engine, port, c.stream, tail, disturb);
}

void expect_equal(const Outcome& outcome, const Outcome& expected) {
  EXPECT_EQ(outcome.received, expected.received);
  EXPECT_EQ(outcome.ids, expected.ids);
  EXPECT_EQ(outcome.counters, expected.counters);
  EXPECT_EQ(outcome.cycles, expected.cycles);
}

TEST(FixedDram, TickSkipAndJudgeAgreeInEveryCounterAndResponse) {
  for (std::uint64_t seed = 0; seed < 1000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = random_case(seed);
    const std::uint64_t tail = seed % 40;
    const Outcome expected = judge_fixed(c.port, c.config, c.stream, tail);
    expect_equal(run<FixedDramTick>(c, tail), expected);
    expect_equal(run<FixedDramSkip>(c, tail), expected);
    expect_equal(run<FixedDramSkip>(c, tail, true), expected);
  }
}

TEST(FixedDram, ResponsesComeInTheOrderOfRequests) {
  const Outcome outcome = run<FixedDramSkip>(random_case(3));
  for (std::size_t i = 0; i < outcome.ids.size(); ++i) EXPECT_EQ(outcome.ids[i], i);
}

TEST(FixedDram, AReadTakesLatencyAndBytesOverBandwidth) {
  for (const std::uint32_t bytes : {1u, 16u, 17u, 160u}) {
    const Case c = {kWide, {16, 40, 1}, {{{10, 0, bytes, false}}}};
    // Sent in 10, taken in 11; the requester sees the response in the cycle after its last data.
    const std::uint64_t expected = 11 + 40 + (bytes + 15) / 16;
    EXPECT_EQ(run<FixedDramTick>(c).received.at(0), expected);
    EXPECT_EQ(run<FixedDramSkip>(c).received.at(0), expected);
  }
}

TEST(FixedDram, AnIdealOneAnswersInTheCycleInWhichItTakes) {
  const Case c = {kWide, kIdealDram, {{{10, 0, 4096, false}, {10, 0, 4096, true}}}};
  EXPECT_EQ(run<FixedDramTick>(c).received, (std::vector<std::uint64_t>{12, 13}));
}

TEST(FixedDram, AnIdealOneIsAsFastAsItsPort) {
  const Case c = {{4, 8}, kIdealDram, {{{0, 0, 80, false}, {0, 0, 80, false}, {0, 0, 80, false}}}};
  EXPECT_EQ(run<FixedDramTick>(c).received, (std::vector<std::uint64_t>{11, 21, 31}));
}

TEST(FixedDram, RequestsAreTakenNoFasterThanTheAcceptInterval) {
  Case c = {kWide, {64, 20, 7}, {}};
  for (int i = 0; i < 50; ++i) c.stream.requests.push_back({0, 0, 64, false});
  const Outcome outcome = run<FixedDramTick>(c);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(outcome.received[i], 1 + 20 + 1 + 7 * i);
}

TEST(FixedDram, ALongStreamRunsAtItsBandwidth) {
  Case c = {{64, 64}, {24, 100, 1}, {}};
  for (std::uint64_t i = 0; i < 1000; ++i) c.stream.requests.push_back({0, i * 240, 240, false});
  EXPECT_EQ(run<FixedDramTick>(c).received.back(), 1 + 100 + 1000 * 10);
}

TEST(FixedDram, OutstandingRequestsBoundTheRate) {
  Case c = {{2, 64}, {64, 98, 1}, {}};
  for (int i = 0; i < 100; ++i) c.stream.requests.push_back({0, 0, 64, false});
  // A request is in flight for 100 cycles: one to be seen, 98 and one of data.
  EXPECT_EQ(run<FixedDramTick>(c).received.back(), 49 * 100 + 101);
}

TEST(FixedDram, SkipIsCalledOncePerRequestAndResponse) {
  Case c = {kWide, {1, 1000, 1}, {}};
  for (std::uint64_t i = 0; i < 20; ++i) c.stream.requests.push_back({i * 50000, 0, 1000, false});
  const Outcome outcome = run<FixedDramSkip>(c);
  EXPECT_EQ(outcome.received.back(), 19 * 50000 + 1 + 1000 + 1000);
  EXPECT_EQ(outcome.events, 20 + 20 + 1);
}

}  // namespace
}  // namespace sim::hw::memory_test
