#include "sim/values/lut_evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.h"
#include "sim/reference/lut_cascade.h"
#include "sim/values/bit_transpose.h"
#include "sim/values/check_luts.h"
#include "sim/workload/load.h"
#include "tests/support/random_luts.h"

namespace sim::values {
namespace {

using workload::BitRows;
using workload::LutProgram;
using workload::LutTask;

/// Signals and scores of every sample of the first block.
void expect_reference(const LutProgram& program, const BitRows& inputs, int seed) {
  LutEvaluator evaluator(program);
  evaluator.load(inputs, 0, inputs.rows);
  evaluator.run();
  std::vector<std::int32_t> scores;
  evaluator.scores(scores);
  for (std::uint32_t row = 0; row < inputs.rows; ++row) {
    const auto signals = reference::lut_signals(program, inputs, row);
    for (std::size_t s = 0; s < signals.size(); ++s) {
      const auto plane = evaluator.plane(static_cast<workload::Signal>(s));
      ASSERT_EQ(plane[row / 64] >> (row % 64) & 1, signals[s])
          << "seed " << seed << " sample " << row << ": "
          << program.shown(static_cast<workload::Signal>(s));
    }
    const auto expected = reference::lut_scores(program, signals);
    const auto own = scores.begin() + row * program.classes;
    ASSERT_EQ(std::vector(own, own + program.classes), expected) << "seed " << seed;
  }
}

TEST(LutEvaluator, RandomCascadesHaveTheValuesOfTheReference) {
  for (int seed = 0; seed < 1000; ++seed) {
    base::Rng rng(static_cast<std::uint64_t>(seed));
    const LutProgram program = test::random_luts(rng);
    const auto rows = static_cast<std::uint32_t>(1 + rng.below(24));
    expect_reference(program, test::random_bits(rng, rows, program.inputs), seed);
  }
}

TEST(LutEvaluator, EveryFanInHasTheValuesOfTheReference) {
  for (std::uint32_t fan_in = 1; fan_in <= workload::kMaxFanIn; ++fan_in) {
    base::Rng rng(fan_in);
    const LutProgram program = test::random_rinc(
        rng, {.inputs = 40, .classes = 2, .fan_in = fan_in, .trees = fan_in, .score_bits = 32});
    expect_reference(program, test::random_bits(rng, 512, 40), static_cast<int>(fan_in));
  }
}

TEST(LutEvaluator, BlocksOfAnyLengthFollowEachOther) {
  base::Rng rng(3);
  const LutProgram program = test::random_luts(rng, {.inputs = 130});
  const BitRows inputs = test::random_bits(rng, 1100, 130);
  const auto scores = lut_scores(program, inputs);
  ASSERT_EQ(scores.size(), 1100u * program.classes);
  for (std::uint32_t row = 0; row < 1100; ++row) {
    const auto expected =
        reference::lut_scores(program, reference::lut_signals(program, inputs, row));
    const auto own = scores.begin() + row * program.classes;
    ASSERT_EQ(std::vector(own, own + program.classes), expected) << row;
  }
}

TEST(LutEvaluator, RowsThatAreNotThereAreABug) {
  base::Rng rng(3);
  const LutProgram program = test::random_luts(rng, {.inputs = 8});
  LutEvaluator evaluator(program);
  EXPECT_THROW(evaluator.load(BitRows(10, 8), 5, 6), base::SimulationError);
  EXPECT_THROW(evaluator.load(BitRows(600, 8), 0, 513), base::SimulationError);
  EXPECT_THROW(evaluator.load(BitRows(10, 9), 0, 1), base::SimulationError);
}

TEST(BitTranspose, ExchangesRowsAndColumns) {
  base::Rng rng(1);
  std::array<std::uint64_t, 64> square;
  for (std::uint64_t& word : square) word = rng.next();
  const auto before = square;
  transpose(square);
  for (std::size_t r = 0; r < 64; ++r) {
    for (std::size_t c = 0; c < 64; ++c) {
      ASSERT_EQ(square[c] >> r & 1, before[r] >> c & 1) << r << ' ' << c;
    }
  }
}

TEST(LutPlanes, OnesCounterCountsLikeCountingEach) {
  base::Rng rng(2);
  OnesCounter counter;
  std::uint64_t expected = 0;
  for (int i = 0; i < 100; ++i) {
    Plane plane;
    for (std::uint32_t w = 0; w < kPlaneWords; ++w) plane.words[w] = rng.next() | rng.next();
    counter.add(plane);
    expected += count_ones(plane);
    ASSERT_EQ(counter.total(), expected) << i;
  }
}

struct CheckVectors : testing::Test {
  std::string difference() const {
    try {
      check_vectors(task);
    } catch (const base::SimulationError& e) {
      return e.what();
    }
    return "no difference";
  }
  LutTask task = workload::only_task<LutTask>(
      workload::load(std::string(LOCKSTEP_SOURCE_DIR) + "/workloads/tiny-luts.yaml"), "test");
};

TEST_F(CheckVectors, TheTinyProgramComputesWhatItsFileSays) {
  EXPECT_EQ(check_vectors(task), 70u * 3 + 50u * (48 + 23 + 9 + 15));
}

TEST_F(CheckVectors, TamperedScoreIsNamed) {
  std::int32_t& score = task.vectors.scores[60 * 3 + 2];
  const std::string right = std::to_string(score);
  score ^= 1;
  EXPECT_EQ(difference(), "sample 60, class 2: the file says " + std::to_string(score) +
                              ", computed was " + right);
}

TEST_F(CheckVectors, TamperedOutputOfALevelIsNamed) {
  workload::BitRows& level = task.vectors.levels[1];
  const bool right = level.get(49, 22);
  level.set(49, 22, !right);
  EXPECT_EQ(difference(), "sample 49, level 1 'mat1', LUT 22: the file says " +
                              std::to_string(!right) + ", computed was " + std::to_string(right));
}

TEST_F(CheckVectors, TamperedTableIsFound) {
  task.program.levels[0].tables[7] ^= 0xff;
  EXPECT_THAT(difference(), testing::HasSubstr("sample 0, level 0 'trees', LUT 7: the file says"));
}

TEST_F(CheckVectors, DrawnInputsHaveNothingToCompare) {
  task.vectors.scores.clear();
  task.vectors.levels.clear();
  EXPECT_EQ(check_vectors(task), 0u);
}

}  // namespace
}  // namespace sim::values
