// A buffer of banks with owners, against a judge that looks at every cycle again, and what its
// accesses may and may not touch.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "sim/hw/banked_buffer_skip.h"
#include "tests/unit/hw/banked_buffer_case.h"
#include "tests/unit/hw/effort.h"

namespace sim::hw::buffer_test {
namespace {

void expect_equal(const Outcome& outcome, const Outcome& expected) {
  EXPECT_EQ(outcome.responses, expected.responses);
  EXPECT_EQ(outcome.counters, expected.counters);
  EXPECT_EQ(outcome.cycles, expected.cycles);
}

TEST(BankedBuffer, TickSkipAndJudgeAgreeInEveryCounterAndResponse) {
  for (std::uint64_t seed = 0; seed < 2000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = random_case(seed);
    const std::uint64_t tail = seed % 40;
    const Outcome expected = judge(c, tail);
    expect_equal(run<BankedBufferTick>(c, tail), expected);
    expect_equal(run<BankedBufferSkip>(c, tail), expected);
    expect_equal(run<BankedBufferSkip>(c, tail, true), expected);
  }
}

/// Adds what a line of `counters` says, such as "requests 3 idle_cycles 7".
void add_counters(const std::string& counters, std::map<std::string, std::uint64_t>& sums) {
  std::istringstream words(counters);
  std::string name;
  for (std::uint64_t value = 0; words >> name >> value;) sums[name] += value;
}

TEST(BankedBuffer, EveryRuleBindsInTheCasesAbove) {
  std::map<std::string, std::uint64_t> sums;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    add_counters(run<BankedBufferSkip>(random_case(seed)).counters, sums);
  }
  EXPECT_EQ(sums.size(), buffer_port_fields().size() + bank_fields().size() - 1);
  for (const auto& [name, sum] : sums) EXPECT_GT(sum, 1500u) << name;
}

TEST(BankedBuffer, LongRequestsInDeepBanksAgreeToo) {
  for (std::uint64_t seed = 5000; seed < 5300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = stretched(random_case(seed), 7);
    const Outcome expected = run<BankedBufferTick>(c);
    expect_equal(run<BankedBufferSkip>(c), expected);
    expect_equal(run<BankedBufferSkip>(c, 0, true), expected);
  }
}

using Kind = BankAccess::Kind;

/// What a bank's row holds: whose it is, and since when the bank is that owner's.
class Contents {
 public:
  explicit Contents(const Case& c) : owners_(c.owners) {}

  void apply(const BankAccess& a) {
    if (a.kind == Kind::kClear) {
      if (a.row == 0) owners_[a.bank] = a.owner;
      rows_[{a.bank, a.row}] = {};
      return;
    }
    EXPECT_EQ(a.owner, owners_[a.bank]) << "a bank of another owner is touched";
    std::optional<std::uint32_t>& row = rows_[{a.bank, a.row}];
    if (a.kind == Kind::kWrite) row = a.owner;
    if (a.kind == Kind::kRead && row) {
      EXPECT_EQ(*row, a.owner) << "data of an earlier owner";
    }
  }

 private:
  std::vector<std::uint32_t> owners_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::optional<std::uint32_t>> rows_;
};

TEST(BankedBuffer, NobodyReachesAnotherOwnersDataNorWhatHeLeftBehind) {
  std::uint64_t reads = 0;
  for (std::uint64_t seed = 0; seed < 1000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = random_case(seed);
    std::vector<BankAccess> accesses;
    run_traced(c, accesses);
    Contents contents(c);
    for (const BankAccess& a : accesses) {
      contents.apply(a);
      reads += a.kind == Kind::kRead;
    }
  }
  EXPECT_GT(reads, 10000u);
}

TEST(BankedBuffer, ABankIsTouchedAtMostOnceACycle) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::vector<BankAccess> accesses;
    run_traced(random_case(seed), accesses);
    std::map<std::uint32_t, std::uint64_t> last;
    for (const BankAccess& a : accesses) {
      const auto found = last.find(a.bank);
      ASSERT_TRUE(found == last.end() || found->second < a.cycle) << "seed " << seed;
      last[a.bank] = a.cycle;
    }
  }
}

/// Words of each request in the order in which they were touched.
std::map<std::uint64_t, std::vector<std::uint64_t>> words_touched(
    const Case& c, const std::vector<BankAccess>& accesses) {
  std::map<std::uint64_t, std::vector<std::uint64_t>> touched;
  for (const BankAccess& a : accesses) {
    if (a.kind == Kind::kClear) continue;
    const bool interleaved = c.config.mapping == BankMapping::kInterleaved;
    touched[a.request].push_back(interleaved ? a.row * c.config.banks + a.bank
                                             : a.bank * c.config.rows + a.row);
  }
  return touched;
}

TEST(BankedBuffer, EveryWordIsServedOrRefusedOnceAndInOrder) {
  for (std::uint64_t seed = 0; seed < 500 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = random_case(seed);
    std::vector<BankAccess> accesses;
    const std::string responses = run_traced(c, accesses).responses;
    const auto touched = words_touched(c, accesses);
    for (std::size_t p = 0; p < c.ports.size(); ++p) {
      for (std::size_t i = 0; i < c.ports[p].requests.size(); ++i) {
        const Asked& asked = c.ports[p].requests[i];
        const auto found = touched.find(p * 1000 + i);
        const std::vector<std::uint64_t> words =
            found == touched.end() ? std::vector<std::uint64_t>{} : found->second;
        EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
        EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
        EXPECT_TRUE(words.empty() ||
                    (words.front() >= asked.address && words.back() < asked.address + asked.words));
        const std::string response =
            fmt::format(" {}:{}@", p * 1000 + i, asked.words - words.size());
        EXPECT_NE(responses.find(response), std::string::npos) << response;
      }
    }
  }
}

test::Effort effort_of(const Case& c) {
  const Outcome outcome = run<BankedBufferSkip>(c);
  return {outcome.events, outcome.cycles};
}

TEST(BankedBuffer, LongerStallsCallTheSkipEngineNoMoreOften) {
  test::Effort some, longer;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Case c = with_longer_stalls(random_case(seed), 10);
    some += effort_of(c);
    longer += effort_of(with_longer_stalls(c, 10));
  }
  test::expect_events_of_changes(some, longer, 8);
}

TEST(BankedBuffer, LongerRequestsAndBanksCallItHardlyMoreOften) {
  test::Effort some, longer;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Case c = stretched(random_case(seed), 4);
    some += effort_of(c);
    longer += effort_of(stretched(c, 10));
  }
  EXPECT_GT(longer.cycles, 8 * some.cycles);
  // A conflict halves what is left of a request until its end is known: a logarithm.
  EXPECT_LT(longer.events * 2, some.events * 3);
}

}  // namespace
}  // namespace sim::hw::buffer_test
