#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/accelerators/poetbin/memory.h"
#include "sim/base/rng.h"
#include "sim/reference/lut_cascade.h"
#include "tests/accelerators/poetbin/design_support.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using testing::HasSubstr;
using workload::BitRows;
using workload::LutLevel;
using workload::LutProgram;

LutLevel passing(const std::string& name, std::vector<workload::Signal> sources) {
  const auto luts = static_cast<std::uint32_t>(sources.size());
  return {.name = name,
          .fan_in = 1,
          .luts = luts,
          .sources = std::move(sources),
          .tables = std::vector<std::uint64_t>(luts, 2),
          .label_names = {},
          .labels = {}};
}

/// Four levels of one LUT each that pass the only feature on: a RINC-2 of one class, one neuron,
/// one tree and one score bit.
LutProgram four_passing() {
  LutProgram program;
  program.inputs = 1;
  program.classes = 1;
  program.score_bits = 1;
  program.levels = {passing("trees", {0}), passing("mat1", {1}), passing("mat2", {2}),
                    passing("scores", {3})};
  program.outputs = {4};
  return program;
}

/// 1 0 1 0 …: everything changes with every sample.
workload::Workload alternating(std::uint32_t samples) {
  workload::LutTask task;
  task.program = four_passing();
  task.vectors.stimulus = "1 0 1 0";
  task.vectors.inputs = BitRows(samples, 1);
  for (std::uint32_t s = 0; s < samples; s += 2) task.vectors.inputs.set(s, 0, true);
  return workload_of(task);
}

struct PerSample {
  std::string yaml;
  bool from_reset;
  double outputs, pins, registers;
};

/// Whatever the number of samples: so many changes stand between two of them. In space a run of n
/// has n - 1 transitions, since what was in the registers before is not known; the wires and
/// registers of the others are 0 after reset, so that the first sample changes them, too.
TEST(PoetbinToggles, PerSampleIsTheMeanOfTheTransitions) {
  const PerSample cases[] = {
      {"variant: spatial", false, 4, 4, 2},                            // features, score
      {"variant: spatial\nspatial: {pipe_mask: 14}", false, 4, 4, 5},  // three more
      {"variant: spatial\nspatial: {load: serial}", false, 4, 4, 2},   // one word a sample
      {"variant: columns", true, 4, 4, 1},                             // features
      // One lane does the four LUTs of a sample one after the other, which agree; five bits, score.
      {"variant: fabric\nfabric: {luts: 4, contexts: 1}", true, 1, 1, 6},
  };
  for (const PerSample& c : cases) {
    for (const std::uint32_t samples : {2u, 3u, 64u, 65u, 513u}) {
      SCOPED_TRACE(fmt::format("{}, {} samples", c.yaml, samples));
      const std::string text = simulate(c.yaml, alternating(samples));
      EXPECT_EQ(headline(text, "transitions"), samples - (c.from_reset ? 0 : 1));
      EXPECT_EQ(headline(text, "lut_output_toggles_per_sample"), c.outputs);
      EXPECT_EQ(headline(text, "lut_pin_toggles_per_sample"), c.pins);
      EXPECT_EQ(headline(text, "register_toggles_per_sample"), c.registers);
    }
  }
}

TEST(PoetbinToggles, OneSampleInSpaceHasNoTransition) {
  const std::string text = simulate("variant: spatial", alternating(1));
  EXPECT_EQ(headline(text, "transitions"), 0);
  EXPECT_THAT(text, HasSubstr("headline lut_output_toggles_per_sample \n"));
  EXPECT_THAT(text, HasSubstr("headline register_toggles_per_sample \n"));
  EXPECT_THAT(text, HasSubstr("note one sample in space changes nothing that is known"));
  EXPECT_EQ(headline(simulate("variant: columns", alternating(1)), "lut_pin_toggles_per_sample"),
            4);
}

/// Two classes, of which each has the score of one feature; samples 1 0, shifted in bit by bit, so
/// that the window is 1 0, 0 1, 1 0, … and the best class 0, 1, 0, …
TEST(PoetbinToggles, ClassRegisterFollowsTheWindowOfASerialLoad) {
  workload::LutTask task;
  task.program.inputs = 2;
  task.program.classes = 2;
  task.program.score_bits = 1;
  task.program.signed_scores = false;
  task.program.levels = {passing("scores", {0, 1})};
  task.program.outputs = {2, 3};
  task.vectors.stimulus = "1 0";
  task.vectors.inputs = BitRows(5, 2);
  for (std::uint32_t s = 0; s < 5; ++s) task.vectors.inputs.set(s, 0, true);
  const std::string yaml = "argmax: true\nvariant: spatial\nspatial: {load: serial}";
  const std::string text = simulate(yaml, workload_of(task));
  EXPECT_EQ(headline(text, "register_toggles_per_sample"), 2 * (2 + 2 + 1));
  EXPECT_THAT(text, HasSubstr("activity class_register toggles register_toggle 1 8\n"));
}

std::uint64_t changes(const LutProgram& program, const BitRows& inputs, std::size_t from,
                      std::size_t to) {
  const auto before = reference::lut_signals(program, inputs, from);
  const auto after = reference::lut_signals(program, inputs, to);
  std::uint64_t sum = 0;
  for (std::size_t s = program.inputs; s < after.size(); ++s) sum += before[s] != after[s] ? 1 : 0;
  return sum;
}

LutProgram small_rinc(base::Rng& rng) {
  return sim::test::random_rinc(
      rng, {.inputs = 20, .classes = 3, .fan_in = 3, .trees = 7, .score_bits = 4});
}

/// k times the vectors: k times the changes inside, k - 1 times those from the last to the first;
/// runs longer than a block of 512 samples, of vectors that do not divide it.
TEST(PoetbinToggles, LoopedVectorsChangeAcrossTheSeam) {
  base::Rng rng(81);
  for (const std::uint32_t vectors : {1u, 7u, 100u}) {
    const auto task = task_of(small_rinc(rng), vectors, rng.next());
    const BitRows& inputs = task.vectors.inputs;
    std::uint64_t inside = 0;
    for (std::size_t v = 1; v < vectors; ++v) inside += changes(task.program, inputs, v - 1, v);
    const std::uint64_t seam = changes(task.program, inputs, vectors - 1, 0);
    for (const std::uint64_t k : {2u, 11u, 300u}) {
      SCOPED_TRACE(fmt::format("{} vectors, {} times", vectors, k));
      const std::uint64_t samples = k * vectors;
      const std::string text = simulate(
          fmt::format("variant: spatial\nsource: {{samples: {}}}", samples), workload_of(task));
      const double expected = static_cast<double>(k * inside + (k - 1) * seam);
      EXPECT_NEAR(headline(text, "lut_output_toggles_per_sample") * headline(text, "transitions"),
                  expected, 1e-6 * expected);
      EXPECT_EQ(headline(text, "compared_values"),
                static_cast<double>(samples * (task.program.classes + task.program.luts())));
    }
  }
}

/// A run over the vectors again and again is a run over a file that holds them so often.
TEST(PoetbinToggles, LoopedVectorsAreALongerFileInEveryVariant) {
  base::Rng rng(82);
  const LutProgram program = small_rinc(rng);
  const auto once = task_of(program, 37, 1);
  workload::LutTask often = once;
  often.vectors.inputs.rows = 1200;
  const auto repeat = [](auto& values, std::size_t each) {
    const auto cycle = values;
    values.clear();
    for (std::size_t i = 0; i < 1200 * each; ++i) values.push_back(cycle[i % cycle.size()]);
  };
  repeat(often.vectors.inputs.words, 1);
  repeat(often.vectors.scores, 3);
  repeat(often.vectors.labels, 1);
  for (BitRows& level : often.vectors.levels) {
    repeat(level.words, level.words_per_row());
    level.rows = 1200;
  }
  for (const std::string yaml :
       {"variant: spatial\nspatial: {load: serial, serial_bits: 3}\nargmax: true",
        "variant: columns\nargmax: true", "variant: fabric\nfabric: {luts: 5, contexts: 3}",
        "variant: fabric\nfabric: {luts: 5, contexts: 3, banks: 4}\nargmax: true"}) {
    EXPECT_EQ(simulate(yaml + "\nsource: {samples: 1200}", workload_of(once)),
              simulate(yaml, workload_of(often)))
        << yaml;
  }
}

/// Samples with drawn delays are held, those beyond the vectors too.
TEST(PoetbinToggles, LoopedVectorsWithDelaysAreReckonedWith) {
  base::Rng rng(83);
  const auto task = task_of(small_rinc(rng), 10);
  Config config;
  config.spatial.glitches = true;
  const std::uint64_t once = memory_need(task, config, {}).bytes();
  config.source.samples = 1'000'000;
  EXPECT_EQ(memory_need(task, config, {}).bytes() - once, (1'000'000 - 10) * sizeof(std::uint64_t));
}

}  // namespace
}  // namespace sim::poetbin::test
