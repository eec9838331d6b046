#include <gtest/gtest.h>

#include <map>

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/accelerators/poetbin/fabric_skip.h"
#include "sim/accelerators/poetbin/lane_activity.h"
#include "sim/base/rng.h"
#include "sim/reference/lut_cascade.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using workload::BitRows;
using workload::LutProgram;
using workload::Signal;

/// All signals of all samples, plainly, and as planes.
class Values {
 public:
  Values(const LutProgram& program, const BitRows& inputs) {
    for (std::uint32_t s = 0; s < inputs.rows; ++s) {
      of_sample_.push_back(reference::lut_signals(program, inputs, s));
    }
    planes_.resize(program.signals(), std::vector<std::uint64_t>(inputs.rows / 64 + 1));
    for (std::size_t s = 0; s < of_sample_.size(); ++s) {
      for (std::size_t i = 0; i < planes_.size(); ++i) {
        planes_[i][s / 64] |= std::uint64_t{of_sample_[s][i]} << (s % 64);
      }
    }
  }

  bool at(std::uint64_t sample, Signal signal) const {
    if (signal < 0) return signal == workload::kConstantOne;
    return of_sample_[sample][static_cast<std::size_t>(signal)] != 0;
  }
  PlaneOf planes(std::size_t first_word = 0) const {
    return [this, first_word](Signal signal) {
      return std::span<const std::uint64_t>(planes_[static_cast<std::size_t>(signal)])
          .subspan(first_word);
    };
  }

 private:
  std::vector<std::vector<std::uint8_t>> of_sample_;
  std::vector<std::vector<std::uint64_t>> planes_;
};

/// Wires one by one.
class Wires {
 public:
  explicit Wires(const Values& values) : values_(values) {}

  std::uint64_t drive(std::uint64_t sample, const std::vector<Signal>& signals) {
    wires_.resize(std::max(wires_.size(), signals.size()));
    std::uint64_t toggles = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      if (signals[i] == kHold) continue;
      const bool value = values_.at(sample, signals[i]);
      if (wires_[i] != value) ++toggles;
      wires_[i] = value;
    }
    return toggles;
  }

 private:
  const Values& values_;
  std::vector<bool> wires_;
};

using Order = std::vector<FabricSkip::Issue>;

void expect_counts(const LaneGroup& group, const Values& values, const Order& order) {
  LaneActivity activity(group);
  Wires outputs(values);
  Wires pins(values);
  LaneCounts judge;
  std::uint64_t chunks = 0;
  for (const auto& [sample, step] : order) {
    if (sample / 64 == chunks) {
      activity.load(chunks, values.planes(), chunks);
      ++chunks;
    }
    activity.visit(sample, step);
    judge.output_toggles += outputs.drive(sample, group.steps[step].outputs);
    judge.pin_toggles += pins.drive(sample, group.steps[step].pins);
    judge.evaluations += group.steps[step].working();
  }
  ASSERT_EQ(activity.counts().output_toggles, judge.output_toggles);
  ASSERT_EQ(activity.counts().pin_toggles, judge.pin_toggles);
  ASSERT_EQ(activity.counts().evaluations, judge.evaluations);
}

Order in_order(std::uint32_t samples, std::size_t steps) {
  Order order;
  for (std::uint32_t s = 0; s < samples; ++s) {
    for (std::uint32_t k = 0; k < steps; ++k) order.push_back({s, k});
  }
  return order;
}

TEST(PoetbinActivity, LanesOfColumnsToggleAsWiresDrivenOneByOne) {
  base::Rng rng(21);
  for (int trial = 0; trial < 40; ++trial) {
    const auto program = sim::test::random_rinc(
        rng, {.inputs = 30, .classes = 5, .fan_in = 4, .trees = 11, .score_bits = 6});
    const auto inputs = sim::test::random_bits(rng, 150, 30);
    const Values values(program, inputs);
    const auto columns = columns_program(program, 1 + static_cast<std::uint32_t>(rng.below(5)));
    for (const LaneGroup& group : {columns.trees, columns.mat1, columns.mat2, columns.scores}) {
      expect_counts(group, values, in_order(150, group.steps.size()));
    }
  }
}

TEST(PoetbinActivity, LanesOfTheFabricToggleAsWiresDrivenOneByOne) {
  base::Rng rng(22);
  for (int trial = 0; trial < 150; ++trial) {
    const LutProgram program = sim::test::random_luts(rng);
    const auto inputs = sim::test::random_bits(rng, 200, program.inputs);
    const Values values(program, inputs);
    FabricConfig config;
    config.luts = 1 + static_cast<std::uint32_t>(rng.below(90));
    config.contexts = 1 + static_cast<std::uint32_t>(rng.below(64));
    config.load_bits = 64;
    const FabricProgram fabric = fabric_program(program, config);
    const FabricTiming timing = fabric.timing(config, program.inputs, false);
    FabricSkip run(timing,
                   {.samples = 200, .load_words = timing.load_words, .gap_cycles = 0, .sink = {}},
                   nullptr);
    Order order;
    while (run.slots_left()) order.push_back(run.issue());
    expect_counts(fabric.lanes(program, config.luts), values, order);
  }
}

TEST(PoetbinActivity, RegistersToggleAgainstTheSampleOneLagBefore) {
  base::Rng rng(23);
  for (int trial = 0; trial < 200; ++trial) {
    const LutProgram program = sim::test::random_luts(rng);
    const auto rows = static_cast<std::uint32_t>(128 + rng.below(100));
    const Values values(program, sim::test::random_bits(rng, rows, program.inputs));
    std::vector<Signal> signals;
    for (Signal s = 0; s < static_cast<Signal>(program.signals()); s += 3) signals.push_back(s);
    const auto lag = static_cast<std::uint32_t>(1 + rng.below(64));
    const Before before = trial % 2 == 0 ? Before::kZeros : Before::kUnknown;
    SignalToggles toggles(signals, lag, before);
    toggles.add(values.planes(), 128);
    toggles.add(values.planes(2), rows - 128);
    std::uint64_t judge = 0;
    for (std::uint32_t s = before == Before::kZeros ? 0 : lag; s < rows; ++s) {
      for (const Signal signal : signals) {
        judge += values.at(s, signal) != (s >= lag && values.at(s - lag, signal)) ? 1 : 0;
      }
    }
    ASSERT_EQ(toggles.count(), judge) << lag;
  }
}

}  // namespace
}  // namespace sim::poetbin::test
