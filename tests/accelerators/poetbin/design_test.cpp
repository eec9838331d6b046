#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/poetbin/run_record.h"
#include "sim/base/rng.h"
#include "tests/accelerators/poetbin/design_support.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using testing::HasSubstr;

core::RunOptions options_of(core::Engine engine, bool values = true) {
  core::RunOptions options;
  options.engine = engine;
  options.values = values;
  return options;
}

const core::RunOptions kTick = options_of(core::Engine::kTick);
const core::RunOptions kSkip = options_of(core::Engine::kSkip);
const core::RunOptions kTimingOnly = options_of(core::Engine::kSkip, false);

workload::LutProgram small_rinc(std::uint64_t seed) {
  base::Rng rng(seed);
  return sim::test::random_rinc(
      rng, {.inputs = 40, .classes = 6, .fan_in = 4, .trees = 9, .score_bits = 5});
}

std::string random_yaml(base::Rng& rng) {
  const auto n = [&](std::uint64_t most) { return std::to_string(1 + rng.below(most)); };
  const std::string flag = rng.below(2) == 0 ? "true" : "false";
  const std::string around = "argmax: " + flag + "\nsource: {gap_cycles: " + n(9) +
                             "}\nsink: {ready_cycles: " + n(9) + ", blocked_cycles: " + n(30) +
                             "}\n";
  switch (rng.below(3)) {
    case 0:
      return around + "variant: spatial\nspatial: {pipe_mask: " + std::to_string(2 * rng.below(8)) +
             ", load: serial, serial_bits: " + n(50) +
             ", serial_entry: " + (rng.below(2) == 0 ? "top" : "bottom") + "}\n";
    case 1:
      return around + "variant: columns\ncolumns: {columns: " + n(6) + "}\n";
    default:
      return around + "variant: fabric\nfabric: {luts: " + n(70) + ", banks: " + n(40) +
             ", contexts: " + n(6) + ", load_bits: " + n(50) + ", slot_order: conflict_aware}\n";
  }
}

TEST(PoetbinDesign, ALogOfFewerSamplesThanRanSaysSo) {
  constexpr std::uint32_t kAll = SampleLog::kKept;
  const std::string said = "samples.csv holds the first";
  EXPECT_THAT(simulate("variant: spatial", workload_of(small_rinc(3), kAll), kTimingOnly),
              testing::Not(HasSubstr(said)));
  EXPECT_THAT(simulate("variant: spatial", workload_of(small_rinc(3), kAll + 1), kTimingOnly),
              HasSubstr(said));
}

TEST(PoetbinDesign, EnginesAgreeInEveryNumberOfAResult) {
  base::Rng rng(31);
  for (int trial = 0; trial < 40; ++trial) {
    const auto workload = workload_of(small_rinc(rng.next()), 70, rng.next());
    const std::string yaml = random_yaml(rng);
    EXPECT_EQ(simulate(yaml, workload, kTick), simulate(yaml, workload, kSkip)) << yaml;
  }
}

/// Levels from 1 to the most that a program may have; each score and each LUT's output is compared
/// with the reference.
TEST(PoetbinDesign, EnginesAgreeOnCascadesOfAnyDepth) {
  base::Rng rng(33);
  for (const std::uint32_t levels : {1U, 16U, 17U, 63U, 64U, 65U, 128U, 255U, 256U}) {
    const auto program = sim::test::random_luts(
        rng, {.inputs = 20, .levels = levels, .max_luts = 6, .max_fan_in = 5});
    const auto workload = workload_of(program, 30, rng.next());
    std::string after;
    for (std::uint32_t l = 1; l < levels; ++l) {
      if (rng.below(3) == 0) after += (after.empty() ? "" : ", ") + std::to_string(l);
    }
    for (const std::string& yaml : {"variant: spatial\nspatial: {registers_after: [" + after + "]}",
                                    std::string("variant: fabric\nfabric: {luts: 3, banks: 4}")}) {
      const std::string text = simulate(yaml, workload, kTick);
      EXPECT_EQ(text, simulate(yaml, workload, kSkip)) << levels << " levels, " << yaml;
      EXPECT_GE(headline(text, "compared_values"), 30 * program.classes);
    }
    const auto registers =
        static_cast<double>(std::count(after.begin(), after.end(), ',') + (after.empty() ? 0 : 1));
    EXPECT_EQ(headline(simulate("variant: spatial\nspatial: {registers_after: [" + after + "]}",
                                workload),
                       "cycles"),
              30 + 2 + registers);
  }
}

TEST(PoetbinDesign, AWindowOfTheTimelineIsTheSameWithBothEngines) {
  base::Rng rng(32);
  for (int trial = 0; trial < 8; ++trial) {
    const auto workload = workload_of(small_rinc(rng.next()), 20);
    const std::string yaml = random_yaml(rng);
    core::RunOptions tick = kTick;
    core::RunOptions skip = kSkip;
    tick.timeline = skip.timeline = stats::CycleWindow{.from = 30, .to = 300};
    const std::string text = simulate(yaml, workload, skip);
    EXPECT_THAT(text, HasSubstr("span source sample"));
    EXPECT_EQ(simulate(yaml, workload, tick), text) << yaml;
  }
}

TEST(PoetbinDesign, ComparesEveryScoreAndEveryOutputOfALevel) {
  const workload::LutProgram program = small_rinc(3);
  const std::string text = simulate("variant: spatial", workload_of(program, 50));
  EXPECT_EQ(headline(text, "compared_values"),
            static_cast<double>(50 * (program.classes + program.luts())));
}

TEST(PoetbinDesign, AWrongScoreOrLutOutputIsASimulationError) {
  workload::LutTask task = task_of(small_rinc(3), 50);
  ++task.vectors.scores[6 * 17 + 4];
  EXPECT_THAT(failure("variant: spatial", workload_of(task)), HasSubstr("sample 17, class 4"));
  --task.vectors.scores[6 * 17 + 4];
  EXPECT_EQ(failure("variant: spatial", workload_of(task)), "");
  task.vectors.levels[2].set(49, 5, !task.vectors.levels[2].get(49, 5));
  EXPECT_THAT(failure("variant: spatial", workload_of(task)), HasSubstr("sample 49"));
}

TEST(PoetbinDesign, AccuracyIsTheShareOfLabelsThatAreTheFirstHighestScore) {
  workload::LutTask task = task_of(small_rinc(4), 64);
  for (std::size_t s = 0; s < 64; ++s) {
    const auto first = task.vectors.scores.begin() + static_cast<std::ptrdiff_t>(6 * s);
    const auto best = std::max_element(first, first + 6) - first;
    task.vectors.labels[s] = static_cast<std::uint16_t>(s < 48 ? best : (best + 1) % 6);
  }
  EXPECT_EQ(headline(simulate("variant: columns", workload_of(task)), "accuracy_percent"), 75.0);
}

core::RunOptions limited(core::Engine engine, std::uint64_t max_cycles) {
  core::RunOptions options = options_of(engine, false);
  options.max_cycles = max_cycles;
  return options;
}

TEST(PoetbinDesign, StopsAtTheLimitOfCyclesWithTheNumberOfSamples) {
  const auto workload = workload_of(small_rinc(5), 10);
  const std::string yaml = "variant: spatial";  // sample i is taken in cycle i + 2
  for (const core::Engine engine : {core::Engine::kTick, core::Engine::kSkip}) {
    EXPECT_EQ(failure(yaml, workload, limited(engine, 12)), "");
    for (const std::uint64_t n : {0U, 1U, 2U, 3U, 7U, 11U}) {
      EXPECT_EQ(failure(yaml, workload, limited(engine, n)),
                fmt::format("--max-cycles reached in cycle {}; {} of 10 samples delivered", n,
                            n < 2 ? 0 : n - 2));
    }
  }
}

/// As many cycles as the run takes are enough, and any fewer end it with one message.
TEST(PoetbinDesign, EnginesAgreeOnEveryLimitOfCycles) {
  base::Rng rng(34);
  for (int trial = 0; trial < 25; ++trial) {
    const auto workload = workload_of(small_rinc(rng.next()), 70, rng.next());
    const std::string yaml = random_yaml(rng);
    SCOPED_TRACE(yaml);
    const std::string free = simulate(yaml, workload, kTimingOnly);
    const auto cycles = static_cast<std::uint64_t>(headline(free, "cycles"));
    for (const core::Engine engine : {core::Engine::kTick, core::Engine::kSkip}) {
      EXPECT_EQ(simulate(yaml, workload, limited(engine, cycles)), free);
    }
    for (const std::uint64_t n : {rng.below(cycles), rng.below(cycles), cycles - 1}) {
      const std::string message = failure(yaml, workload, limited(core::Engine::kTick, n));
      EXPECT_THAT(message, HasSubstr(fmt::format("--max-cycles reached in cycle {};", n)));
      EXPECT_EQ(failure(yaml, workload, limited(core::Engine::kSkip, n)), message);
    }
  }
}

TEST(PoetbinDesign, SamplesBeyondTheVectorsAreTheVectorsAgain) {
  workload::LutTask task = task_of(small_rinc(5), 10);
  const auto ten = workload_of(task);
  workload::LutVectors& v = task.vectors;
  const auto repeat = [](auto& values) {
    const auto once = values;
    const std::size_t size = once.size() / 10 * 25;
    while (values.size() < size) values.push_back(once[values.size() % once.size()]);
  };
  repeat(v.inputs.words);
  repeat(v.scores);
  repeat(v.labels);
  v.inputs.rows = 25;
  for (auto& level : v.levels) {
    repeat(level.words);
    level.rows = 25;
  }
  const auto twenty_five = workload_of(task);
  for (const std::string yaml :
       {"variant: spatial", "variant: spatial\nspatial: {load: serial, serial_bits: 3}",
        "variant: spatial\nspatial: {glitches: true}", "variant: columns", "variant: fabric"}) {
    EXPECT_EQ(simulate(yaml + "\nsource: {samples: 25}", ten), simulate(yaml, twenty_five)) << yaml;
  }
  const std::string million = "variant: spatial\nsource: {samples: 1000000}";
  EXPECT_EQ(headline(simulate(million, ten, kTimingOnly), "cycles"), 1'000'002.0);
}

TEST(PoetbinDesign, ComparesTheLevelsThatAreKnown) {
  workload::LutTask task = task_of(small_rinc(3), 50);
  for (const std::size_t unknown : {0U, 2U})
    task.vectors.levels[unknown] = {0, task.program.levels[unknown].luts};
  const auto known = task.program.levels[1].luts + task.program.levels[3].luts;
  EXPECT_EQ(headline(simulate("variant: spatial", workload_of(task)), "compared_values"),
            50.0 * (task.program.classes + known));
  task.vectors.levels[3].set(49, 5, !task.vectors.levels[3].get(49, 5));
  EXPECT_THAT(failure("variant: spatial", workload_of(task)), HasSubstr("sample 49"));
}

TEST(PoetbinDesign, SamplesBeyondTheKeptOnesAreCutFromTheTable) {
  const auto workload = workload_of(small_rinc(5), 1);
  const std::string text =
      simulate("variant: spatial\nsource: {samples: 1001}", workload, kTimingOnly);
  EXPECT_THAT(text, HasSubstr("samples sample=999 "));
  EXPECT_THAT(text, Not(HasSubstr("samples sample=1000 ")));
  EXPECT_THAT(text, HasSubstr("the first 1000 samples"));
}

TEST(PoetbinDesign, SerialLoadShowsTheLutsASlidingWindow) {
  // One LUT that passes bit 0: under serial load of one bit it sees every bit of the stream.
  workload::LutProgram program;
  program.inputs = 4;
  program.classes = 1;
  program.score_bits = 1;
  program.levels.push_back({.name = "pass",
                            .fan_in = 1,
                            .luts = 1,
                            .sources = {0},
                            .tables = {2},
                            .label_names = {},
                            .labels = {}});
  program.outputs = {4};
  workload::LutTask task = task_of(program, 2);
  task.vectors.inputs.words = {0b0101, 0b0101};
  task.vectors.levels.clear();
  task.vectors.scores = {-1, -1};
  const auto workload = workload_of(task);
  const std::string serial = "variant: spatial\nspatial: {load: serial, serial_bits: 1}";
  // Bit 0 of the register: 1 when the first sample is there, then 0 1 0 1.
  EXPECT_EQ(headline(simulate(serial, workload), "lut_output_toggles_per_sample"), 4);
  EXPECT_EQ(headline(simulate("variant: spatial", workload), "lut_output_toggles_per_sample"), 0);
  EXPECT_THAT(simulate(serial, workload), HasSubstr("random bits, shifted in serially"));
}

/// LUTs that pass single bits, 5 features, words of 2, so that a sample is padded to 6 bits. The
/// register is written out by hand, from the first whole sample to the second.
TEST(PoetbinDesign, SerialEntryAtTheBottomShiftsTheHighestFeaturesInFirst) {
  const auto toggles = [](workload::Signal bit, const std::string& entry) {
    workload::LutProgram program;
    program.inputs = 5;
    program.classes = 1;
    program.score_bits = 1;
    program.levels.push_back({.name = "pass",
                              .fan_in = 1,
                              .luts = 1,
                              .sources = {bit},
                              .tables = {2},
                              .label_names = {},
                              .labels = {}});
    program.outputs = {5};
    workload::LutTask task = task_of(program, 2);
    task.vectors.inputs.words = {0b10010, 0b00111};
    task.vectors.levels.clear();
    task.vectors.scores = {-(0b10010 >> bit & 1), -(0b00111 >> bit & 1)};
    return headline(simulate("variant: spatial\nspatial: {load: serial, serial_bits: 2, "
                             "serial_entry: " +
                                 entry + "}",
                             workload_of(task)),
                    "lut_output_toggles_per_sample");
  };
  // Features 4 to 0, words 01 00 10 and 00 01 11: 10010, 01000, 00001, 00111.
  EXPECT_EQ(toggles(0, "bottom"), 1);  // 0 0 1 1
  EXPECT_EQ(toggles(1, "bottom"), 2);  // 1 0 0 1
  EXPECT_EQ(toggles(3, "bottom"), 2);  // 0 1 0 0
  EXPECT_EQ(toggles(4, "bottom"), 1);  // 1 0 0 0
  // Words 10 00 01 and 11 01 00: 10010, 10100, 11101, 00111.
  EXPECT_EQ(toggles(0, "top"), 1);  // 0 0 1 1
  EXPECT_EQ(toggles(1, "top"), 2);  // 1 0 0 1
  EXPECT_EQ(toggles(2, "top"), 1);  // 0 1 1 1
}

}  // namespace
}  // namespace sim::poetbin::test
