#include "sim/reference/lut_cascade.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_luts.h"

namespace sim::reference {
namespace {

using testing::ElementsAre;
using workload::BitRows;
using workload::kConstantOne;
using workload::kConstantZero;
using workload::LutLevel;
using workload::LutProgram;

LutLevel level(std::uint32_t fan_in, std::vector<workload::Signal> sources,
               std::vector<std::uint64_t> tables) {
  LutLevel result;
  result.name = "level";
  result.fan_in = fan_in;
  result.luts = static_cast<std::uint32_t>(sources.size() / fan_in);
  result.sources = std::move(sources);
  result.tables = std::move(tables);
  return result;
}

/// Signals 0 and 1 are inputs; 2 = 1 and not 0; 3 = not 2; 4 = 2, through pins tied to 1.
LutProgram by_hand() {
  LutProgram program;
  program.inputs = 2;
  program.classes = 2;
  program.score_bits = 3;
  program.levels.push_back(level(2, {0, 1, 0, 1}, {0b0100, 0b1011}));
  program.levels.push_back(level(3, {2, kConstantOne, kConstantOne}, {0b1000'0000}));
  program.outputs = {4, 3, 2, kConstantOne, kConstantZero, 0};
  return program;
}

BitRows all_pairs() {
  BitRows rows(4, 2);
  for (std::size_t r = 0; r < 4; ++r) {
    rows.set(r, 0, (r & 1) != 0);
    rows.set(r, 1, (r & 2) != 0);
  }
  return rows;
}

TEST(LutCascade, PinKIsBitKOfTheAddress) {
  const BitRows rows = all_pairs();
  EXPECT_THAT(lut_signals(by_hand(), rows, 0), ElementsAre(0, 0, 0, 1, 0));
  EXPECT_THAT(lut_signals(by_hand(), rows, 1), ElementsAre(1, 0, 0, 1, 0));
  EXPECT_THAT(lut_signals(by_hand(), rows, 2), ElementsAre(0, 1, 1, 0, 1));
  EXPECT_THAT(lut_signals(by_hand(), rows, 3), ElementsAre(1, 1, 0, 1, 0));
}

TEST(LutCascade, ScoresAreTwosComplementOrUnsigned) {
  LutProgram program = by_hand();
  EXPECT_THAT(lut_scores(program, {0, 0, 1, 0, 1}), ElementsAre(1 - 4, 1));
  EXPECT_THAT(lut_scores(program, {1, 0, 0, 1, 0}), ElementsAre(2, 1 - 4));
  program.signed_scores = false;
  EXPECT_THAT(lut_scores(program, {1, 0, 0, 1, 0}), ElementsAre(2, 1 + 4));
}

TEST(LutCascade, ScoresOf32BitsReachBothEnds) {
  LutProgram program;
  program.inputs = 1;
  program.classes = 2;
  program.score_bits = 32;
  program.outputs.assign(64, kConstantOne);
  program.outputs[31] = kConstantZero;
  for (std::size_t b = 32; b < 63; ++b) program.outputs[b] = kConstantZero;
  EXPECT_THAT(lut_scores(program, {0}), ElementsAre(INT32_MAX, INT32_MIN));
}

/// The builder that other tests rest on: levels, labels and the constant pins of the last group.
TEST(RandomRinc, HasTheShapeOfAPoetbinClassifier) {
  base::Rng rng(1);
  const LutProgram p = test::random_rinc(
      rng, {.inputs = 30, .classes = 2, .fan_in = 4, .trees = 10, .score_bits = 5});
  ASSERT_EQ(p.levels.size(), 4u);
  EXPECT_EQ(p.levels[0].luts, 8u * 10);
  EXPECT_EQ(p.levels[1].luts, 8u * 3);
  EXPECT_EQ(p.levels[2].luts, 8u);
  EXPECT_EQ(p.levels[3].luts, 10u);
  const auto* pins = p.levels[1].pins(2);
  EXPECT_THAT(std::vector(pins, pins + 4), ElementsAre(38, 39, kConstantZero, kConstantZero));
  EXPECT_THAT(std::vector(p.levels[0].labels.begin() + 33, p.levels[0].labels.begin() + 36),
              ElementsAre(1, 0, 1));
  EXPECT_THAT(p.levels[3].label_names, ElementsAre("class", "bit"));
}

}  // namespace
}  // namespace sim::reference
