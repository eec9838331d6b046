#include "sim/values/lut_activity.h"

#include <gtest/gtest.h>

#include "sim/reference/lut_cascade.h"
#include "tests/support/random_luts.h"

namespace sim::values {
namespace {

using workload::BitRows;
using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

/// Counts signal by signal, LUT by LUT, sample by sample.
class Judge {
 public:
  Judge(const LutProgram& program, const BitRows& inputs) : program_(program) {
    a_.levels.resize(program.levels.size());
    for (std::uint32_t row = 0; row < inputs.rows; ++row) {
      now_ = reference::lut_signals(program, inputs, row);
      count_ones();
      if (row > 0) count_changes();
      before_ = now_;
    }
    a_.samples = inputs.rows;
    a_.transitions = inputs.rows - 1;
  }
  const NetlistActivity& activity() const { return a_; }

 private:
  bool changed(Signal s) const {
    return s >= 0 && now_[static_cast<std::size_t>(s)] != before_[static_cast<std::size_t>(s)];
  }
  static bool at(const std::vector<std::uint8_t>& signals, Signal s) {
    return s == workload::kConstantOne || (s >= 0 && signals[static_cast<std::size_t>(s)] != 0);
  }

  void count_ones() {
    for (std::size_t i = 0; i < program_.inputs; ++i) a_.input_ones += now_[i];
    for (std::size_t k = 0; k < program_.levels.size(); ++k) {
      for (Signal s = program_.first_signal(k); s < program_.first_signal(k + 1); ++s) {
        a_.levels[k].output_ones += now_[static_cast<std::size_t>(s)];
      }
    }
  }

  void count_changes() {
    for (Signal s = 0; s < static_cast<Signal>(program_.inputs); ++s) {
      a_.input_toggles += changed(s);
    }
    for (const Signal bit : program_.outputs) a_.score_toggles += changed(bit);
    for (std::size_t k = 0; k < program_.levels.size(); ++k) {
      for (std::size_t lut = 0; lut < program_.levels[k].luts; ++lut) count_lut(k, lut);
    }
  }

  /// A table of n live pins is 2^(n-6) LUT6, or one, or for a constant none: the first six live
  /// pins go to all of them, the others select one.
  void count_lut(std::size_t k, std::size_t lut) {
    const LutLevel& level = program_.levels[k];
    std::uint32_t live = 0, pins = 0;
    for (std::uint32_t p = 0; p < level.fan_in; ++p) {
      live += level.pins(lut)[p] >= 0;
      pins += changed(level.pins(lut)[p]);
    }
    LutToggles counts;
    counts.pins = pins;
    counts.outputs = changed(program_.first_signal(k) + static_cast<Signal>(lut));
    const std::uint32_t lut6_count = live == 0 ? 0 : live < 6 ? 1 : 1u << (live - 6);
    for (std::uint32_t i = 0; i < lut6_count; ++i) {
      counts.lut6 += lut6(level, lut, i, now_) != lut6(level, lut, i, before_);
    }
    add(a_.levels[k], live, counts);
  }

  static void add(LevelActivity& sum, std::uint32_t live, const LutToggles& counts) {
    sum.pin_toggles += counts.pins;
    sum.output_toggles += counts.outputs;
    sum.lut6_toggles += counts.lut6;
    sum.changed_luts += counts.pins > 0;
    sum.by_pins[live].pins += counts.pins;
    sum.by_pins[live].outputs += counts.outputs;
    sum.by_pins[live].lut6 += counts.lut6;
  }

  /// LUT6 number i: what the table says when its selecting pins are the bits of i.
  static bool lut6(const LutLevel& level, std::size_t lut, std::uint32_t i,
                   const std::vector<std::uint8_t>& signals) {
    std::uint32_t address = 0, live = 0;
    for (std::uint32_t p = 0; p < level.fan_in; ++p) {
      bool bit = at(signals, level.pins(lut)[p]);
      if (level.pins(lut)[p] >= 0 && live++ >= 6) bit = (i >> (live - 7) & 1) != 0;
      address |= std::uint32_t{bit} << p;
    }
    return level.output(lut, address);
  }

  const LutProgram& program_;
  std::vector<std::uint8_t> now_, before_;
  NetlistActivity a_;
};

void expect_equal(const NetlistActivity& a, const NetlistActivity& b, const std::string& where) {
  EXPECT_EQ(a.samples, b.samples) << where;
  EXPECT_EQ(a.transitions, b.transitions) << where;
  EXPECT_EQ(a.input_toggles, b.input_toggles) << where;
  EXPECT_EQ(a.input_ones, b.input_ones) << where;
  EXPECT_EQ(a.score_toggles, b.score_toggles) << where;
  ASSERT_EQ(a.levels.size(), b.levels.size()) << where;
  for (std::size_t k = 0; k < a.levels.size(); ++k) {
    EXPECT_EQ(a.levels[k].output_toggles, b.levels[k].output_toggles) << where << k;
    EXPECT_EQ(a.levels[k].pin_toggles, b.levels[k].pin_toggles) << where << k;
    EXPECT_EQ(a.levels[k].changed_luts, b.levels[k].changed_luts) << where << k;
    EXPECT_EQ(a.levels[k].lut6_toggles, b.levels[k].lut6_toggles) << where << k;
    EXPECT_EQ(a.levels[k].output_ones, b.levels[k].output_ones) << where << k;
    EXPECT_TRUE(a.levels[k].by_pins == b.levels[k].by_pins) << where << k;
  }
}

TEST(LutActivity, RandomCascadesHaveTheCountsOfTheJudge) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    base::Rng rng(seed);
    const LutProgram program = test::random_luts(rng);
    const auto rows = static_cast<std::uint32_t>(1 + rng.below(12));
    const BitRows inputs = test::random_bits(rng, rows, program.inputs, rng.uniform());
    expect_equal(lut_activity(program, inputs), Judge(program, inputs).activity(),
                 "seed " + std::to_string(seed) + " level ");
    if (HasFailure()) return;
  }
}

TEST(LutActivity, EveryFanInHasTheCountsOfTheJudge) {
  for (std::uint32_t fan_in = 1; fan_in <= workload::kMaxFanIn; ++fan_in) {
    base::Rng rng(fan_in);
    const LutProgram program = test::random_luts(
        rng, {.inputs = 40, .levels = 3, .max_luts = 30, .max_fan_in = fan_in, .constants = 0.3});
    const BitRows inputs = test::random_bits(rng, 40, 40);
    expect_equal(lut_activity(program, inputs), Judge(program, inputs).activity(),
                 "fan-in " + std::to_string(fan_in) + " level ");
  }
}

TEST(LutActivity, TransitionsBetweenBlocksCount) {
  base::Rng rng(6);
  const LutProgram program = test::random_luts(rng, {.max_luts = 20, .max_fan_in = 8});
  const BitRows inputs = test::random_bits(rng, 1537, 20);
  const NetlistActivity expected = Judge(program, inputs).activity();
  expect_equal(lut_activity(program, inputs), expected, "blocks of 512, level ");
  LutEvaluator evaluator(program);
  ActivityCounter counter(program);
  for (std::uint32_t first = 0; first < inputs.rows;) {
    const std::uint32_t rows =
        std::min(inputs.rows - first, 1 + static_cast<std::uint32_t>(rng.below(300)));
    evaluator.load(inputs, first, rows);
    evaluator.run();
    counter.add(evaluator);
    first += rows;
  }
  expect_equal(counter.activity(), expected, "blocks of any length, level ");
}

TEST(LutActivity, OneSampleChangesNothing) {
  base::Rng rng(7);
  const LutProgram program = test::random_luts(rng, test::RandomLutShape{});
  const NetlistActivity a = lut_activity(program, test::random_bits(rng, 1, 20, 1));
  EXPECT_EQ(a.transitions, 0u);
  EXPECT_EQ(a.input_ones, 20u);
  EXPECT_EQ(a.output_toggles() + a.input_toggles + a.score_toggles, 0u);
}

}  // namespace
}  // namespace sim::values
