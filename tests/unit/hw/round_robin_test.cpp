#include "sim/hw/round_robin.h"

#include <gtest/gtest.h>

#include "sim/base/rng.h"

namespace sim::hw {
namespace {

std::vector<std::uint32_t> random_weights(base::Rng& rng) {
  std::vector<std::uint32_t> weights(1 + rng.below(7));
  for (std::uint32_t& weight : weights) weight = static_cast<std::uint32_t>(1 + rng.below(5));
  return weights;
}

std::vector<std::size_t> numbers_of(const std::vector<bool>& requests) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i]) numbers.push_back(i);
  }
  return numbers;
}

std::vector<bool> random_requests(base::Rng& rng, std::size_t n) {
  std::vector<bool> requests(n);
  for (std::size_t i = 0; i < n; ++i) requests[i] = rng.below(3) > 0;
  return requests;
}

TEST(RoundRobin, GivesEachItsWeightInOrder) {
  RoundRobin arbiter({2, 1, 3});
  const std::vector<bool> all(3, true);
  std::string order;
  for (int i = 0; i < 12; ++i) order += static_cast<char>('a' + *arbiter.grant(all));
  EXPECT_EQ(order, "aabcccaabccc");
}

TEST(RoundRobin, DoesNotKeepWhatIsLeftOfATurn) {
  RoundRobin arbiter({3, 2});
  EXPECT_EQ(arbiter.grant({true, true}), 0u);
  EXPECT_EQ(arbiter.grant({false, true}), 1u);  // 0 gave the rest of its turn up
  EXPECT_EQ(arbiter.grant({true, true}), 1u);
  EXPECT_EQ(arbiter.grant({false, false}), std::nullopt);
  EXPECT_EQ(arbiter.grant({true, true}), 0u);
}

TEST(RoundRobin, ReplayEqualsGrantAfterGrant) {
  base::Rng rng(1);
  for (int trial = 0; trial < 3000; ++trial) {
    const auto weights = random_weights(rng);
    RoundRobin stepped(weights);
    RoundRobin replayed(weights);
    for (int change = 0; change < 12; ++change) {
      const auto requests = random_requests(rng, weights.size());
      const auto numbers = numbers_of(requests);
      const std::uint64_t cycles = rng.below(40);
      std::vector<std::uint64_t> expected(weights.size(), 0);
      for (std::uint64_t i = 0; i < cycles; ++i) {
        if (const auto granted = stepped.grant(requests)) ++expected[*granted];
      }
      std::vector<std::uint64_t> grants(numbers.size(), 0);
      replayed.replay(numbers, cycles, grants);
      for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(grants[i], expected[numbers[i]]);
    }
  }
}

TEST(RoundRobin, KnowsTheCycleOfEachGrant) {
  base::Rng rng(2);
  for (int trial = 0; trial < 3000; ++trial) {
    const auto weights = random_weights(rng);
    RoundRobin arbiter(weights);
    const auto before = random_requests(rng, weights.size());
    for (std::uint64_t i = rng.below(9); i > 0; --i) arbiter.grant(before);
    const auto requests = random_requests(rng, weights.size());
    const auto numbers = numbers_of(requests);
    if (numbers.empty()) continue;
    const std::size_t which = rng.below(numbers.size());
    const std::uint64_t grants = 1 + rng.below(12);
    const std::uint64_t cycles = arbiter.cycles_until(numbers, which, grants);
    std::uint64_t seen = 0;
    std::uint64_t last = 0;
    for (std::uint64_t cycle = 1; seen < grants; ++cycle) {
      if (arbiter.grant(requests) != numbers[which]) continue;
      ++seen;
      last = cycle;
    }
    ASSERT_EQ(cycles, last);
  }
}

TEST(RoundRobin, SharesByWeightWithinOneRound) {
  base::Rng rng(3);
  for (int trial = 0; trial < 300; ++trial) {
    const auto weights = random_weights(rng);
    RoundRobin arbiter(weights);
    const std::vector<bool> all(weights.size(), true);
    std::vector<std::uint64_t> grants(weights.size(), 0);
    for (std::uint64_t i = rng.below(2000); i > 0; --i) ++grants[*arbiter.grant(all)];
    for (std::size_t i = 1; i < weights.size(); ++i) {
      // Whole rounds of two requesters differ by one at most.
      const std::uint64_t a = grants[0] / weights[0];
      const std::uint64_t b = grants[i] / weights[i];
      ASSERT_LE(a > b ? a - b : b - a, 1u);
    }
  }
}

}  // namespace
}  // namespace sim::hw
