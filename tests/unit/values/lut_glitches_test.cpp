#include "sim/values/lut_glitches.h"

#include <gtest/gtest.h>

#include "sim/reference/lut_cascade.h"
#include "sim/values/lut_activity.h"
#include "tests/support/random_luts.h"

namespace sim::values {
namespace {

using workload::BitRows;
using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

/// The whole waveform of every signal, tick by tick: the output of a LUT at t is its table of its
/// pins at t minus its delay.
class Judge {
 public:
  Judge(const LutProgram& program, const BitRows& inputs, const NetDelays& model)
      : program_(program), delays_(model.draw(program)) {
    counts_.levels.resize(program.levels.size());
    counts_.transitions = inputs.rows - 1;
    horizon_ = (program.levels.size() + 1) * NetDelays::kNominal * 2;
    for (std::uint32_t row = 1; row < inputs.rows; ++row) transition(inputs, row);
  }
  const GlitchActivity& counts() const { return counts_; }

 private:
  using Wave = std::vector<std::uint8_t>;

  void transition(const BitRows& inputs, std::uint32_t row) {
    before_ = reference::lut_signals(program_, inputs, row - 1);
    waves_.clear();
    for (std::uint32_t i = 0; i < program_.inputs; ++i) {
      Wave wave(horizon_, inputs.get(row, i) ? 1 : 0);
      std::fill_n(wave.begin(), delays_[i], before_[i]);
      waves_.push_back(std::move(wave));
    }
    for (const LutLevel& level : program_.levels) {
      for (std::size_t lut = 0; lut < level.luts; ++lut) waves_.push_back(wave_of(level, lut));
    }
    const auto after = reference::lut_signals(program_, inputs, row);
    for (std::size_t s = 0; s < after.size(); ++s) EXPECT_EQ(waves_[s].back(), after[s]);
    count();
  }

  bool at(Signal s, std::int64_t time) const {
    if (s < 0) return s == workload::kConstantOne;
    const auto signal = static_cast<std::size_t>(s);
    return (time < 0 ? before_[signal] : waves_[signal][static_cast<std::size_t>(time)]) != 0;
  }

  Wave wave_of(const LutLevel& level, std::size_t lut) const {
    Wave wave(horizon_);
    const std::int64_t delay = delays_[waves_.size()];
    for (std::size_t t = 0; t < horizon_; ++t) {
      std::uint32_t address = 0;
      for (std::uint32_t p = 0; p < level.fan_in; ++p) {
        address |= std::uint32_t{at(level.pins(lut)[p], static_cast<std::int64_t>(t) - delay)} << p;
      }
      wave[t] = level.output(lut, address) ? 1 : 0;
    }
    return wave;
  }

  std::uint64_t toggles(Signal s) const {
    std::uint64_t n = 0;
    for (std::size_t t = 0; s >= 0 && t < horizon_; ++t) {
      n += at(s, static_cast<std::int64_t>(t)) != at(s, static_cast<std::int64_t>(t) - 1);
    }
    return n;
  }

  void count() {
    for (std::size_t k = 0; k < program_.levels.size(); ++k) {
      for (Signal s = program_.first_signal(k); s < program_.first_signal(k + 1); ++s) {
        counts_.levels[k].output_toggles += toggles(s);
      }
      for (const Signal pin : program_.levels[k].sources) {
        counts_.levels[k].pin_toggles += toggles(pin);
      }
      count_by_pins(k);
    }
    for (const Signal bit : program_.outputs) counts_.score_toggles += toggles(bit);
  }

  void count_by_pins(std::size_t k) {
    const LutLevel& level = program_.levels[k];
    for (std::size_t lut = 0; lut < level.luts; ++lut) {
      const auto live = std::count_if(level.pins(lut), level.pins(lut) + level.fan_in,
                                      [](Signal pin) { return pin >= 0; });
      LutToggles& counts = counts_.levels[k].by_pins[static_cast<std::size_t>(live)];
      counts.outputs += toggles(program_.first_signal(k) + static_cast<Signal>(lut));
      for (std::uint32_t p = 0; p < level.fan_in; ++p) counts.pins += toggles(level.pins(lut)[p]);
    }
  }

  const LutProgram& program_;
  const std::vector<std::uint32_t> delays_;
  std::size_t horizon_ = 0;
  std::vector<std::uint8_t> before_;
  std::vector<Wave> waves_;
  GlitchActivity counts_;
};

void expect_equal(const GlitchActivity& a, const GlitchActivity& b) {
  EXPECT_EQ(a.transitions, b.transitions);
  EXPECT_EQ(a.score_toggles, b.score_toggles);
  ASSERT_EQ(a.levels.size(), b.levels.size());
  for (std::size_t k = 0; k < a.levels.size(); ++k) {
    EXPECT_EQ(a.levels[k].output_toggles, b.levels[k].output_toggles) << k;
    EXPECT_EQ(a.levels[k].pin_toggles, b.levels[k].pin_toggles) << k;
    EXPECT_TRUE(a.levels[k].by_pins == b.levels[k].by_pins) << k;
  }
}

std::uint64_t output_toggles(const GlitchActivity& a) {
  std::uint64_t sum = 0;
  for (const LevelGlitches& level : a.levels) sum += level.output_toggles;
  return sum;
}

TEST(LutGlitches, RandomCascadesHaveTheWaveformsOfTheJudge) {
  std::uint64_t excess = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    base::Rng rng(seed);
    const LutProgram program = test::random_luts(
        rng, {.inputs = 6, .levels = 4, .max_luts = 6, .max_fan_in = 4, .constants = 0.1});
    const BitRows inputs = test::random_bits(rng, 4, 6);
    const NetDelays delays{.spread = seed % 3 == 0 ? 0 : rng.uniform(), .seed = seed};
    const GlitchActivity a = lut_glitches(program, inputs, delays);
    expect_equal(a, Judge(program, inputs, delays).counts());
    if (HasFailure()) FAIL() << "seed " << seed;
    excess += output_toggles(a) - lut_activity(program, inputs).output_toggles();
  }
  EXPECT_GT(excess, 50u);
}

/// Every path from an input to a LUT has as many LUTs.
LutProgram levelled(base::Rng& rng) {
  return test::random_rinc(rng,
                           {.inputs = 30, .classes = 3, .fan_in = 4, .trees = 10, .score_bits = 5});
}

TEST(LutGlitches, LevelledProgramsHaveNoneWhenDelaysAreEqual) {
  base::Rng rng(3);
  const LutProgram program = levelled(rng);
  const BitRows inputs = test::random_bits(rng, 50, 30);
  const GlitchActivity a = lut_glitches(program, inputs, {});
  const NetlistActivity expected = lut_activity(program, inputs);
  EXPECT_EQ(a.transitions, expected.transitions);
  EXPECT_EQ(a.score_toggles, expected.score_toggles);
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(a.levels[k].output_toggles, expected.levels[k].output_toggles);
    EXPECT_EQ(a.levels[k].pin_toggles, expected.levels[k].pin_toggles);
  }
}

TEST(LutGlitches, SpreadMakesThemAndTheSeedDecidesWhich) {
  base::Rng rng(3);
  const LutProgram program = levelled(rng);
  const BitRows inputs = test::random_bits(rng, 50, 30);
  const auto toggles = [&](double spread, std::uint64_t seed) {
    return output_toggles(lut_glitches(program, inputs, {.spread = spread, .seed = seed}));
  };
  EXPECT_GT(toggles(0.3, 1), lut_activity(program, inputs).output_toggles() * 11 / 10);
  EXPECT_EQ(toggles(0.3, 1), toggles(0.3, 1));
  EXPECT_NE(toggles(0.3, 1), toggles(0.3, 2));
}

TEST(LutGlitches, NoSampleNoTransition) {
  base::Rng rng(3);
  const LutProgram program = levelled(rng);
  EXPECT_EQ(lut_glitches(program, BitRows(0, 30), {}).transitions, 0u);
  EXPECT_EQ(output_toggles(lut_glitches(program, test::random_bits(rng, 1, 30), {})), 0u);
}

}  // namespace
}  // namespace sim::values
