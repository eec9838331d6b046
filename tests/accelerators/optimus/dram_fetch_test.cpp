#include "sim/accelerators/optimus/dram_fetch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "tests/accelerators/optimus/dram_judge.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus {

bool operator==(const Arrival& a, const Arrival& b) {
  return a.bytes == b.bytes && a.cycle == b.cycle;
}
void PrintTo(const Arrival& a, std::ostream* out) {
  *out << fmt::format("{}@{}", a.bytes, a.cycle);
}

}  // namespace sim::optimus

namespace sim::optimus::test {
namespace {

struct Asked {
  std::uint64_t pause;  // after the last byte of the fetch before the one before
  std::vector<DramRun> runs;
};

std::vector<Asked> random_fetches(base::Rng& rng) {
  std::vector<Asked> all(3 + rng.below(6));
  for (Asked& a : all) {
    a.pause = rng.below(4) == 0 ? rng.below(3000) : rng.below(30);
    a.runs.resize(1 + rng.below(3));
    for (DramRun& run : a.runs) run = {rng.below(1 << 20), 1 + rng.below(1 + rng.below(3000))};
  }
  return all;
}

/// Cycle by cycle, never beyond what is asked about.
std::vector<Arrival> seen(DramFetch& dram, std::uint64_t fetch, std::uint64_t bytes,
                          std::uint64_t cycle) {
  std::vector<Arrival> all;
  for (std::uint64_t here = 0; here < bytes; ++cycle) {
    const std::uint64_t now = dram.bytes_here(fetch, cycle);
    if (now > here) all.push_back({now, cycle});
    here = now;
  }
  return all;
}

std::string text_of(const DramRecord& record) {
  std::string text = fmt::format("cycles {}\n", record.cycles);
  for (const auto& f : hw::dram_fields()) {
    text += fmt::format("dram {} {}\n", f.name, record.dram.*f.member);
  }
  for (const auto& f : hw::dma_fields()) {
    text += fmt::format("dma {} {}\n", f.name, record.dma.*f.member);
  }
  return text;
}

/// A fetch at a time or, with `ahead`, each asked for while the one before is under way.
class Both {
 public:
  explicit Both(const Config& config)
      : tick_(config, core::Engine::kTick), skip_(config, core::Engine::kSkip) {}

  void run(const std::vector<Asked>& fetches, bool ahead) {
    std::uint64_t cycle = 0;
    ask(cycle, fetches[0]);
    for (std::size_t i = 0; i < fetches.size(); ++i) {
      const bool more = i + 1 < fetches.size();
      if (ahead && more) ask(cycle, fetches[i + 1]);
      look(i, fetches[i], cycle);
      if (HasFatalFailure()) return;
      cycle = std::max(cycle, last_) + fetches[i].pause;
      if (!ahead && more) ask(cycle, fetches[i + 1]);
    }
    EXPECT_EQ(text_of(tick_.counted(cycle)), text_of(skip_.counted(cycle)));
  }

  const std::vector<PlainRun>& runs() const { return runs_; }
  const std::vector<PlainArrival>& arrivals() const { return arrivals_; }

 private:
  static bool HasFatalFailure() { return testing::Test::HasFatalFailure(); }

  void ask(std::uint64_t cycle, const Asked& fetch) {
    ASSERT_EQ(tick_.ask(DramUser::kMacArray, cycle, fetch.runs),
              skip_.ask(DramUser::kMacArray, cycle, fetch.runs));
    for (const DramRun& run : fetch.runs) runs_.push_back({cycle, run.bytes});
  }

  void look(std::uint64_t number, const Asked& fetch, std::uint64_t cycle) {
    std::uint64_t bytes = 0;
    for (const DramRun& run : fetch.runs) bytes += run.bytes;
    const std::vector<Arrival> ahead = skip_.arrivals(number);
    ASSERT_EQ(ahead.back().bytes, bytes);
    last_ = ahead.back().cycle;
    // What came before this look is seen as one.
    std::vector<Arrival> late;
    for (const Arrival& a : ahead) {
      if (late.empty() || a.cycle > cycle) {
        late.push_back({a.bytes, std::max(a.cycle, cycle)});
      } else {
        late.back().bytes = a.bytes;
      }
    }
    ASSERT_EQ(seen(tick_, number, bytes, cycle), late);
    keep(fetch, ahead);
    tick_.release(number);
    skip_.release(number);
  }

  void keep(const Asked& fetch, const std::vector<Arrival>& ahead) {
    std::size_t next = 0;
    std::uint64_t before = 0;  // bytes of the fetch's earlier runs
    for (const DramRun& run : fetch.runs) {
      for (; next < ahead.size() && ahead[next].bytes <= before + run.bytes; ++next) {
        arrivals_.push_back({runs_done_, ahead[next].bytes - before, ahead[next].cycle});
      }
      before += run.bytes;
      ++runs_done_;
    }
  }

  DramFetch tick_;
  DramFetch skip_;
  std::uint64_t last_ = 0;
  std::vector<PlainRun> runs_;
  std::vector<PlainArrival> arrivals_;
  std::uint64_t runs_done_ = 0;
};

PlainDram random_plain(base::Rng& rng) {
  return {.request_bytes = 1 + rng.below(300),
          .outstanding = 1 + rng.below(20),
          .port_bytes = 1 + rng.below(80),
          .bytes_per_cycle = 1 + rng.below(80),
          .latency = rng.below(3) == 0 ? 0 : rng.below(100),
          .interval = rng.below(2) == 0 ? 1 : 1 + rng.below(40)};
}

Config config_of(const PlainDram& d) {
  return test::config_of(fmt::format(
      "memories: {{weight_store: streamed, dram_request_bytes: {}, dram: {{kind: fixed, port: "
      "{{outstanding: {}, bytes_per_cycle: {}}}, fixed: {{bytes_per_cycle: {}, latency_cycles: {}, "
      "accept_interval_cycles: {}}}}}}}",
      d.request_bytes, d.outstanding, d.port_bytes, d.bytes_per_cycle, d.latency, d.interval));
}

TEST(DramFetch, TickSkipAndAJudgeAgreeOnFixedMemories) {
  base::Rng rng(1);
  for (int i = 0; i < 400; ++i) {
    const PlainDram plain = random_plain(rng);
    const std::vector<Asked> fetches = random_fetches(rng);
    SCOPED_TRACE(i);
    Both both(config_of(plain));
    ASSERT_NO_FATAL_FAILURE(both.run(fetches, i % 2 == 0));
    ASSERT_EQ(both.arrivals(), plain_arrivals(plain, both.runs()));
  }
}

TEST(DramFetch, TickAndSkipAgreeOnBankedMemories) {
  base::Rng rng(2);
  constexpr const char* kStandards[] = {"ddr4_2400", "lpddr4_3200", "hbm2", "gddr6"};
  for (int i = 0; i < 80; ++i) {
    Config config = test::config_of(fmt::format(
        "memories: {{weight_store: streamed, dram_request_bytes: {}, dram: {{kind: banked, port: "
        "{{outstanding: {}}}, banked: {{standard: {}, queue_depth: {}}}}}}}",
        1 + rng.below(300), 1 + rng.below(20), kStandards[i % 4], 1 + rng.below(32)));
    config.clock_mhz = static_cast<std::uint32_t>(100 + rng.below(1500));
    SCOPED_TRACE(i);
    ASSERT_NO_FATAL_FAILURE(Both(config).run(random_fetches(rng), rng.below(2) == 0));
  }
}

TEST(DramFetch, DefaultsReachTheBandwidthOfTheFixedMemory) {
  const Config config = test::config_of("memories: {weight_store: streamed}");
  DramFetch dram(config, core::Engine::kSkip);
  const DramRun run{0, 64000};
  const std::uint64_t fetch = dram.ask(DramUser::kMacArray, 7, {&run, 1});
  // Sent in the cycle after, taken in the next, 40 cycles to the first byte; a byte that moves in a
  // cycle is received in the next and used in the one after.
  EXPECT_EQ(dram.arrivals(fetch).back().cycle, 7 + 2 + 40 + 64000 / 64 - 1 + 2u);
}

TEST(DramFetch, MoreBandwidthNeverMakesAByteLate) {
  base::Rng rng(3);
  for (int i = 0; i < 300; ++i) {
    PlainDram plain = random_plain(rng);
    const DramRun run{0, 1 + rng.below(5000)};
    std::uint64_t before = 0;
    for (int step = 0; step < 4; ++step) {
      DramFetch dram(config_of(plain), core::Engine::kSkip);
      const std::uint64_t last =
          dram.arrivals(dram.ask(DramUser::kMacArray, 0, {&run, 1})).back().cycle;
      if (step > 0) {
        ASSERT_LE(last, before) << i;
      }
      before = last;
      plain.bytes_per_cycle += rng.below(30);
      plain.port_bytes += rng.below(30);
    }
  }
}

/// Amounts of a series in each cycle of a run of 1,024 cycles or less.
std::vector<std::uint64_t> amounts(stats::Timeline& timeline, const std::string& name) {
  for (const stats::Series& s : timeline.take(1024).series) {
    if (s.name == name) return s.amounts;
  }
  return {};
}

TEST(DramFetch, BytesOnATimelineLieFromTheFetchBeforeToTheirLast) {
  stats::Timeline timeline({0, 1024});
  DramFetch dram(test::config_of("memories: {weight_store: streamed}"), core::Engine::kSkip,
                 &timeline);
  const DramRun run{0, 640};
  const std::uint64_t first = dram.ask(DramUser::kMacArray, 10, {&run, 1});
  const std::uint64_t second = dram.ask(DramUser::kMacArray, 12, {&run, 1});
  const std::uint64_t first_end = dram.arrivals(first).back().cycle;
  const std::uint64_t second_end = dram.arrivals(second).back().cycle;
  const std::vector<std::uint64_t> bytes = amounts(timeline, "read_bytes");
  const auto sum = [&](std::uint64_t from, std::uint64_t to) {
    return std::accumulate(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                           bytes.begin() + static_cast<std::ptrdiff_t>(to), std::uint64_t{0});
  };
  ASSERT_EQ(bytes.size(), 1024u);
  EXPECT_EQ(sum(11, first_end), 640u);
  EXPECT_EQ(sum(first_end, second_end), 640u);
  EXPECT_EQ(sum(0, 1024), 2 * 640u);
}

TEST(DramFetch, RowsOnATimelineAreOpenedWhenTheirCommandsGo) {
  // A cycle of the machine is six clocks of the DRAM: a request of cycle 13 is taken and its row
  // opened in 14; refreshes are due each 9,364 clocks.
  stats::Timeline timeline({0, 4096}, {.spans = 0, .steps = 4096});
  DramFetch dram(test::config_of("memories: {weight_store: streamed, dram: {kind: banked}}"),
                 core::Engine::kSkip, &timeline);
  const DramRun run{0, 64};
  dram.arrivals(dram.ask(DramUser::kMacArray, 12, {&run, 1}));
  EXPECT_EQ(dram.counted(4096).dram.refreshes, 2u);
  std::map<std::string, std::vector<std::size_t>> cycles;
  for (const stats::Series& s : timeline.take(4096).series) {
    for (std::size_t i = 0; i < s.amounts.size(); ++i) {
      if (s.unit == "dram") cycles[s.name].insert(cycles[s.name].end(), s.amounts[i], i);
    }
  }
  EXPECT_EQ(cycles["activates"], (std::vector<std::size_t>{14}));
  // The row that is open is closed first: tRP.
  EXPECT_EQ(cycles["refreshes"], (std::vector<std::size_t>{(9364 + 16) / 6, 2 * 9364 / 6}));
}

TEST(DramFetch, AFetchCountedAgainCountsAsOneDoneAgain) {
  base::Rng rng(4);
  for (int i = 0; i < 200; ++i) {
    PlainDram plain = random_plain(rng);
    plain.interval = 1;
    stats::Timeline of_done({0, 1024});
    stats::Timeline of_counted({0, 1024});
    DramFetch done(config_of(plain), core::Engine::kSkip, &of_done);
    DramFetch counted(config_of(plain), core::Engine::kSkip, &of_counted);
    const DramRun run{rng.below(10000), 1 + rng.below(3000)};
    const DramRecord before = counted.counted(11);
    done.ask(DramUser::kMacArray, 10, {&run, 1});
    const std::uint64_t last =
        counted.arrivals(counted.ask(DramUser::kMacArray, 10, {&run, 1})).back().cycle;
    const DramRecord deed = between(before, counted.counted(counted.until()));
    std::uint64_t cycle = last;
    for (int again = 0; again < 3; ++again) {
      cycle += again == 0 ? 0 : last - 10 + rng.below(50);
      done.ask(DramUser::kMacArray, cycle, {&run, 1});
      ASSERT_TRUE(counted.repeats(cycle));
      counted.repeat(deed, cycle);
    }
    ASSERT_EQ(text_of(done.counted(cycle + last + 5)), text_of(counted.counted(cycle + last + 5)));
    ASSERT_EQ(amounts(of_done, "read_bytes"), amounts(of_counted, "read_bytes"));
  }
}

TEST(DramFetch, MemoriesThatRememberDoNotRepeat) {
  for (const char* dram : {"{kind: banked}", "{fixed: {accept_interval_cycles: 2}}"}) {
    const Config config =
        test::config_of(fmt::format("memories: {{weight_store: streamed, dram: {}}}", dram));
    EXPECT_FALSE(DramFetch(config, core::Engine::kSkip).repeats(100)) << dram;
  }
}

TEST(DramFetch, TwoUnitsAtOnceAreNoticed) {
  DramFetch dram(test::config_of("memories: {weight_store: streamed}"), core::Engine::kSkip);
  const DramRun run{0, 100};
  const std::uint64_t fetch = dram.ask(DramUser::kMacArray, 0, {&run, 1});
  EXPECT_THROW(dram.ask(DramUser::kEmbedder, 3, {&run, 1}), base::SimulationError);
  const std::uint64_t last = dram.arrivals(fetch).back().cycle;
  EXPECT_NO_THROW(dram.ask(DramUser::kEmbedder, last, {&run, 1}));
}

TEST(DramFetch, AnAskInThePastIsNoticed) {
  DramFetch dram(test::config_of("memories: {weight_store: streamed}"), core::Engine::kSkip);
  const DramRun run{0, 1000};
  dram.arrivals(dram.ask(DramUser::kMacArray, 0, {&run, 1}));
  EXPECT_THROW(dram.ask(DramUser::kMacArray, 20, {&run, 1}), base::SimulationError);
}

}  // namespace
}  // namespace sim::optimus::test
