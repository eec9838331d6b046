#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "sim/accelerators/poetbin/fabric_skip.h"
#include "sim/accelerators/poetbin/run_engine.h"
#include "tests/accelerators/poetbin/random_timing.h"
#include "tests/support/jobs.h"

namespace sim::poetbin::test {
namespace {

RunRecord run(core::Engine engine, const CoreTiming& core, const StreamTiming& stream,
              Observer* observer = nullptr) {
  const auto run = make_run_engine(engine, core, stream, observer);
  const std::uint64_t cycles = sim::test::cycles_of_job(*run);
  RunRecord record = run->record();
  EXPECT_EQ(record.cycles, cycles);
  return record;
}

void expect_equal(const RunRecord& a, const RunRecord& b) {
  ASSERT_EQ(a.cycles, b.cycles);
  ASSERT_EQ(a.units.size(), b.units.size());
  for (std::size_t i = 0; i < a.units.size(); ++i) {
    const StageCycles& x = a.units[i].cycles;
    const StageCycles& y = b.units[i].cycles;
    ASSERT_EQ(a.units[i].unit, b.units[i].unit);
    ASSERT_EQ(std::make_tuple(x.busy, x.input_waits, x.output_waits, x.bank_conflicts, x.idle),
              std::make_tuple(y.busy, y.input_waits, y.output_waits, y.bank_conflicts, y.idle))
        << a.units[i].unit;
    ASSERT_EQ(unit_records(a)[i].total(), a.cycles) << a.units[i].unit;
  }
  ASSERT_EQ(a.samples, b.samples);
}

void expect_engines_agree(const CoreTiming& core, const StreamTiming& stream) {
  expect_equal(run(core::Engine::kTick, core, stream), run(core::Engine::kSkip, core, stream));
}

/// Of more samples than are kept one by one, so that periods are skipped.
StreamTiming long_stream(base::Rng& rng, const CoreTiming& core) {
  StreamTiming stream = random_stream(rng, core, 1);
  stream.samples = SampleLog::kKept + within(rng, 0, 2000);
  return stream;
}

TEST(PoetbinEngines, AgreeOnRandomMachines) {
  base::Rng rng(7);
  for (int trial = 0; trial < 3000; ++trial) {
    SCOPED_TRACE(trial);
    const CoreTiming core = random_core(rng);
    expect_engines_agree(core, random_stream(rng, core, 40));
    if (HasFatalFailure()) return;
  }
}

TEST(PoetbinEngines, AgreeOnRunsLongEnoughForPeriods) {
  base::Rng rng(8);
  for (int trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(trial);
    const CoreTiming core = random_fabric(rng);
    const StreamTiming stream = long_stream(rng, core);
    expect_engines_agree(core, stream);
    if (HasFatalFailure()) return;
  }
}

/// Everything an observer is told, in the order of cycles.
struct Told final : Observer {
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>> issues;
  std::vector<SampleTimes> samples;

  void sample(std::uint64_t, const SampleTimes& times) override { samples.push_back(times); }
  void issue(std::uint64_t sample, std::uint32_t slot, std::uint64_t cycle) override {
    issues.emplace_back(cycle, sample, slot);
  }
};

TEST(PoetbinEngines, TellObserversTheSame) {
  base::Rng rng(9);
  for (int trial = 0; trial < 500; ++trial) {
    const CoreTiming core = random_core(rng);
    const StreamTiming stream = random_stream(rng, core, 30);
    Told tick;
    Told skip;
    run(core::Engine::kTick, core, stream, &tick);
    run(core::Engine::kSkip, core, stream, &skip);
    ASSERT_EQ(tick.issues, skip.issues) << trial;
    ASSERT_EQ(tick.samples, skip.samples) << trial;
    ASSERT_EQ(tick.samples.size(), stream.samples);
  }
}

/// What an engine calls delivered when the kernel ends the run after `max_cycles`.
std::uint64_t delivered(core::Engine engine, const CoreTiming& core, const StreamTiming& stream,
                        std::uint64_t max_cycles) {
  const auto run = make_run_engine(engine, core, stream, nullptr, max_cycles);
  while (run->next_event() < max_cycles) run->run_to(run->next_event());
  return run->in_time();
}

void expect_delivered_in_time(base::Rng& rng, const CoreTiming& core, const StreamTiming& stream) {
  Told told;
  const std::uint64_t cycles = run(core::Engine::kSkip, core, stream, &told).cycles;
  for (const std::uint64_t limit : {rng.below(cycles), rng.below(cycles), cycles - 1, cycles}) {
    const auto in_time = static_cast<std::uint64_t>(std::ranges::count_if(
        told.samples, [&](const SampleTimes& times) { return times.delivered < limit; }));
    ASSERT_EQ(delivered(core::Engine::kTick, core, stream, limit), in_time) << limit;
    ASSERT_EQ(delivered(core::Engine::kSkip, core, stream, limit), in_time) << limit;
  }
}

TEST(PoetbinEngines, TellTheSamplesThatAreDeliveredInTheFirstCycles) {
  base::Rng rng(10);
  for (int trial = 0; trial < 600; ++trial) {
    SCOPED_TRACE(trial);
    const CoreTiming core = random_core(rng);
    expect_delivered_in_time(rng, core, random_stream(rng, core, 60));
    if (HasFatalFailure()) return;
  }
}

TEST(PoetbinEngines, TellThemAlsoWithinPeriodsThatAreSkipped) {
  base::Rng rng(11);
  for (int trial = 0; trial < 30; ++trial) {
    SCOPED_TRACE(trial);
    const CoreTiming core = random_fabric(rng);
    const StreamTiming stream = long_stream(rng, core);
    expect_delivered_in_time(rng, core, stream);
    if (HasFatalFailure()) return;
  }
}

TEST(PoetbinEngines, SkipIsClosedFormOverAMillionSamples) {
  const FabricTiming core{.load_words = 16,
                          .contexts = 2,
                          .slots = std::vector<SlotTiming>(96, {.level = 0, .gather_cycles = 1}),
                          .argmax = false};
  const StreamTiming stream{
      .samples = 1'000'000'000, .load_words = 16, .gap_cycles = 0, .sink = {}};
  const RunRecord record = run(core::Engine::kSkip, core, stream);
  EXPECT_EQ(record.samples.samples, stream.samples);
  EXPECT_NEAR(static_cast<double>(record.cycles) / 1e9, 100.0, 0.01);
  const std::uint64_t half = delivered(core::Engine::kSkip, core, stream, record.cycles / 2);
  EXPECT_NEAR(static_cast<double>(half) / 5e8, 1.0, 1e-6);
}

}  // namespace
}  // namespace sim::poetbin::test
