#include "sim/workload/lut_simplify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/reference/lut_cascade.h"
#include "sim/workload/lut_size.h"
#include "tests/support/random_luts.h"

namespace sim::workload {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LutLevel level(const std::string& name, std::uint32_t fan_in, std::vector<Signal> sources,
               std::vector<std::uint64_t> tables) {
  LutLevel result;
  result.name = name;
  result.fan_in = fan_in;
  result.luts = static_cast<std::uint32_t>(tables.size());
  result.sources = std::move(sources);
  result.tables = std::move(tables);
  result.label_names = {"index"};
  for (std::uint32_t i = 0; i < result.luts; ++i) {
    result.labels.push_back(static_cast<std::uint16_t>(i));
  }
  return result;
}

LutProgram program(std::uint32_t inputs, std::vector<LutLevel> levels,
                   std::vector<Signal> outputs) {
  LutProgram p;
  p.name = "by hand";
  p.inputs = inputs;
  p.classes = static_cast<std::uint32_t>(outputs.size());
  p.score_bits = 1;
  p.levels = std::move(levels);
  p.outputs = std::move(outputs);
  return p;
}

std::vector<std::int32_t> scores(const LutProgram& p, const BitRows& inputs, std::size_t row) {
  return reference::lut_scores(p, reference::lut_signals(p, inputs, row));
}

/// All inputs when they are few, else the given number of random ones.
BitRows inputs_of(base::Rng& rng, const LutProgram& p, std::uint32_t most) {
  if (p.inputs > 8) return test::random_bits(rng, most, p.inputs);
  BitRows rows(1u << p.inputs, p.inputs);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    for (std::uint32_t i = 0; i < p.inputs; ++i) rows.set(r, i, (r >> i & 1) != 0);
  }
  return rows;
}

void expect_identical(const LutProgram& a, const LutProgram& b) {
  ASSERT_EQ(a.levels.size(), b.levels.size());
  EXPECT_EQ(a.outputs, b.outputs);
  for (std::size_t k = 0; k < a.levels.size(); ++k) {
    EXPECT_EQ(a.levels[k].fan_in, b.levels[k].fan_in);
    EXPECT_EQ(a.levels[k].sources, b.levels[k].sources);
    EXPECT_EQ(a.levels[k].tables, b.levels[k].tables);
    EXPECT_EQ(a.levels[k].labels, b.levels[k].labels);
  }
}

TEST(LutSimplify, RandomProgramsKeepTheirFunctionAndDoNotChangeAgain) {
  std::uint64_t removed = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    base::Rng rng(seed);
    test::RandomLutShape shape;
    shape.inputs = 1 + static_cast<std::uint32_t>(rng.below(12));
    shape.levels = 1 + static_cast<std::uint32_t>(rng.below(5));
    shape.max_fan_in = 1 + static_cast<std::uint32_t>(rng.below(4));
    shape.constants = rng.uniform() / 2;
    const LutProgram raw = test::random_luts(rng, shape);
    const LutProgram simple = simplify(raw);
    const BitRows inputs = inputs_of(rng, raw, 64);
    for (std::size_t r = 0; r < inputs.rows; ++r) {
      ASSERT_EQ(scores(simple, inputs, r), scores(raw, inputs, r)) << seed;
    }
    expect_identical(simplify(simple), simple);
    if (HasFailure()) FAIL() << seed;
    EXPECT_LE(lut6_live(simple), lut6_live(raw));
    removed += raw.luts() - simple.luts();
  }
  EXPECT_GT(removed, 10000u);
}

TEST(LutSimplify, WideProgramsKeepTheirFunction) {
  base::Rng rng(9);
  for (int i = 0; i < 20; ++i) {
    const LutProgram raw = test::random_luts(
        rng, {.inputs = 12, .levels = 3, .max_luts = 10, .max_fan_in = 12, .constants = 0.3});
    const LutProgram simple = simplify(raw);
    const BitRows inputs = test::random_bits(rng, 100, 12);
    for (std::size_t r = 0; r < inputs.rows; ++r) {
      ASSERT_EQ(scores(simple, inputs, r), scores(raw, inputs, r)) << i;
    }
  }
}

TEST(LutSimplify, ConstantsAndIdlePinsGo) {
  // 2 = 0 and 1 and constant 1; 3 = 0, whatever pins 1 and 2 are; 4 = always 1.
  const LutProgram p = simplify(program(
      2, {level("a", 3, {0, 1, -2, 0, 1, 1, 0, 1, 1}, {0b1000'0000, 0b1010'1010, 0b1111'1111})},
      {2, 3, 4}));
  ASSERT_EQ(p.levels.size(), 1u);
  EXPECT_EQ(p.levels[0].fan_in, 2u);
  EXPECT_THAT(p.levels[0].sources, ElementsAre(0, 1));
  EXPECT_THAT(p.levels[0].tables, ElementsAre(0b1000));
  EXPECT_THAT(p.outputs, ElementsAre(2, 0, kConstantOne));
}

TEST(LutSimplify, TwoPinsOnOneSignalBecomeOne) {
  // Of the addresses, 0, 2, 5 and 7 can occur; the table is 1 at 7 and at all that cannot.
  const LutProgram p = simplify(program(2, {level("a", 3, {0, 1, 0}, {0b1101'1010})}, {2}));
  ASSERT_EQ(p.levels.size(), 1u);
  EXPECT_THAT(p.levels[0].sources, ElementsAre(0, 1));
  EXPECT_THAT(p.levels[0].tables, ElementsAre(0b1000));
}

TEST(LutSimplify, BuffersAreBypassedAndInvertersAbsorbed) {
  // 2 = 0; 3 = not 1; 4 = 2 and 3 = 0 and not 1.
  const LutProgram p = simplify(
      program(2, {level("a", 1, {0, 1}, {0b10, 0b01}), level("b", 2, {2, 3}, {0b1000})}, {4}));
  ASSERT_EQ(p.levels.size(), 1u);
  EXPECT_EQ(p.levels[0].name, "b");
  EXPECT_THAT(p.levels[0].sources, ElementsAre(0, 1));
  EXPECT_THAT(p.levels[0].tables, ElementsAre(0b0010));
}

TEST(LutSimplify, OutputsThatAreInvertedShareOneInverter) {
  // 2 and 3 both invert 0; 4 inverts 2, which is 0 again.
  const LutProgram p = simplify(
      program(2, {level("a", 1, {0, 0}, {0b01, 0b01}), level("b", 1, {2}, {0b01})}, {2, 3, 4}));
  ASSERT_EQ(p.levels.size(), 1u);
  EXPECT_EQ(p.levels[0].luts, 1u);
  EXPECT_THAT(p.outputs, ElementsAre(2, 2, 0));
}

TEST(LutSimplify, EqualFunctionsAreMergedInAnyOrderOfPinsAndAcrossLevels) {
  // 3 = 0 and not 1; 4 the same with its pins exchanged; 5 again, a level later.
  const LutProgram p = simplify(
      program(3, {level("a", 2, {0, 1, 1, 0}, {0b0010, 0b0100}), level("b", 2, {0, 1}, {0b0010})},
              {3, 4, 5}));
  ASSERT_EQ(p.levels.size(), 1u);
  EXPECT_EQ(p.levels[0].luts, 1u);
  EXPECT_THAT(p.outputs, ElementsAre(3, 3, 3));
}

TEST(LutSimplify, DeadLogicGoesAndLabelsStay) {
  const LutProgram p =
      simplify(program(3, {level("a", 2, {0, 1, 1, 2, 0, 2}, {0b0110, 0b0001, 0b1000})}, {5, 5}));
  ASSERT_EQ(p.levels.size(), 1u);
  EXPECT_THAT(p.levels[0].labels, ElementsAre(2));
  EXPECT_THAT(p.outputs, ElementsAre(3, 3));
}

TEST(LutSimplify, NothingIsLeftOfAProgramThatOnlyPassesItsInputs) {
  const LutProgram p = simplify(program(2, {level("a", 1, {1, 0}, {0b10, 0b11})}, {2, 3, 0}));
  EXPECT_THAT(p.levels, IsEmpty());
  EXPECT_THAT(p.outputs, ElementsAre(1, kConstantOne, 0));
}

struct PaperSize {
  std::uint32_t fan_in, trees;
  std::uint64_t luts, raw, live;
};

/// PoET-BiN's three classifiers: LUTs = N (T + G + 1) + nc q; LUT6 with all pins; LUT6 without the
/// pins of the last vote that are constant 0. (Counts of the netlists that its authors publish.)
TEST(LutSize, ClassifiersOfThePaperHaveTheirPublishedCounts) {
  for (const PaperSize& s :
       {PaperSize{8, 32, 3040, 12160, 11920}, PaperSize{8, 40, 3760, 15040, 14800},
        PaperSize{6, 36, 2660, 2660, 2660}}) {
    base::Rng rng(1);
    const LutProgram p = test::random_rinc(rng, {.fan_in = s.fan_in, .trees = s.trees});
    const std::uint64_t neurons = 10 * s.fan_in;
    const std::uint64_t groups = (s.trees + s.fan_in - 1) / s.fan_in;
    EXPECT_EQ(p.luts(), s.luts);
    EXPECT_EQ(p.luts(), neurons * (s.trees + groups + 1) + 10 * 8);
    EXPECT_EQ(lut6_raw(p), s.raw);
    EXPECT_EQ(lut6_live(p), s.live);
    EXPECT_LT(lut6_live(simplify(p)), s.live);  // a drawn vote now and then ignores a member
  }
}

TEST(LutSize, WideTablesAreMadeOfLut6) {
  EXPECT_EQ(lut6_count(0), 0u);
  EXPECT_EQ(lut6_count(1), 1u);
  EXPECT_EQ(lut6_count(6), 1u);
  EXPECT_EQ(lut6_count(7), 2u);
  EXPECT_EQ(lut6_count(12), 64u);
}

}  // namespace
}  // namespace sim::workload
