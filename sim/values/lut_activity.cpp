#include "sim/values/lut_activity.h"

#include <algorithm>
#include <numeric>

#include "sim/base/vector_clones.h"
#include "sim/workload/lut_size.h"

namespace sim::values {
namespace {

using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

struct SignalCounts {
  std::uint64_t toggles = 0;
  std::uint64_t ones = 0;
};

/// Toggles of `count` planes: the planes themselves, how many each has, and the sums. `last` holds
/// the samples before the block and gets those at its end.
SIM_VECTOR_CLONES SignalCounts count_signals(const Plane* values, std::size_t count,
                                             const Plane& counted, std::uint32_t rows,
                                             std::uint8_t* last, Plane* out, std::uint32_t* each) {
  SignalCounts sum;
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = toggles(values[i], last[i]) & counted;
    each[i] = count_ones(out[i]);
    sum.toggles += each[i];
    sum.ones += count_ones(values[i] & counted);
    last[i] = sample(values[i], rows - 1) ? 1 : 0;
  }
  return sum;
}

/// Toggles of `count` planes that nothing else asks about.
SIM_VECTOR_CLONES std::uint64_t count_toggles(const Plane* values, std::size_t count,
                                              const Plane& counted, std::uint32_t rows,
                                              std::uint8_t* last) {
  OnesCounter counter;
  for (std::size_t i = 0; i < count; ++i) {
    counter.add(toggles(values[i], last[i]) & counted);
    last[i] = sample(values[i], rows - 1) ? 1 : 0;
  }
  return counter.total();
}

/// LUTs with a pin that changes, over all transitions.
SIM_VECTOR_CLONES std::uint64_t count_changed(const LutLevel& level, const Plane* changes) {
  OnesCounter counter;
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    Plane any{};
    for (std::uint32_t k = 0; k < level.fan_in; ++k) {
      const Signal pin = level.pins(lut)[k];
      if (pin >= 0) any = any | changes[pin];
    }
    counter.add(any);
  }
  return counter.total();
}

/// Before the first block: the first sample of each plane, so that nothing changes towards it.
void start(std::vector<std::uint8_t>& last, const Plane* values) {
  for (std::size_t i = 0; i < last.size(); ++i) last[i] = sample(values[i], 0) ? 1 : 0;
}

}  // namespace

std::uint64_t NetlistActivity::output_toggles() const {
  return std::accumulate(
      levels.begin(), levels.end(), std::uint64_t{0},
      [](std::uint64_t sum, const LevelActivity& level) { return sum + level.output_toggles; });
}

ActivityCounter::ActivityCounter(const LutProgram& program)
    : program_(program),
      toggles_(program.signals()),
      signal_toggles_(program.signals()),
      last_(program.signals()) {
  activity_.levels.resize(program.levels.size());
  for (const LutLevel& level : program.levels) {
    last_inner_.emplace_back(level.fan_in > 6 ? level.tables.size() : 0);
    std::vector<std::uint32_t>& live = live_.emplace_back();
    for (std::size_t lut = 0; lut < level.luts; ++lut) {
      live.push_back(workload::live_pins(level, lut));
    }
  }
}

void ActivityCounter::add(const LutEvaluator& block) {
  if (block.rows() == 0) return;
  if (activity_.samples == 0) {
    start(last_, &block.value(0));
    for (std::size_t k = 0; k < last_inner_.size(); ++k) {
      if (!last_inner_[k].empty()) start(last_inner_[k], block.inner(k, 0).data());
    }
  }
  counted_ = first_samples(block.rows());
  add_signals(block);
  for (std::size_t k = 0; k < program_.levels.size(); ++k) add_level(block, k);
  for (const Signal bit : program_.outputs) {
    if (bit >= 0) activity_.score_toggles += signal_toggles_[static_cast<std::size_t>(bit)];
  }
  activity_.samples += block.rows();
  activity_.transitions = activity_.samples - 1;
}

void ActivityCounter::add_signals(const LutEvaluator& block) {
  const auto count = [&](std::size_t first, std::size_t signals) {
    return count_signals(&block.value(static_cast<Signal>(first)), signals, counted_, block.rows(),
                         &last_[first], &toggles_[first], &signal_toggles_[first]);
  };
  const SignalCounts inputs = count(0, program_.inputs);
  activity_.input_toggles += inputs.toggles;
  activity_.input_ones += inputs.ones;
  for (std::size_t k = 0; k < program_.levels.size(); ++k) {
    const auto first = static_cast<std::size_t>(program_.first_signal(k));
    const SignalCounts outputs = count(first, program_.levels[k].luts);
    activity_.levels[k].output_toggles += outputs.toggles;
    activity_.levels[k].output_ones += outputs.ones;
  }
}

void ActivityCounter::add_level(const LutEvaluator& block, std::size_t k) {
  const LutLevel& level = program_.levels[k];
  LevelActivity& sum = activity_.levels[k];
  const auto first = static_cast<std::size_t>(program_.first_signal(k));
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    LutToggles& toggles = sum.by_pins[live_[k][lut]];
    const std::uint64_t outputs = signal_toggles_[first + lut];
    toggles.outputs += outputs;
    if (live_[k][lut] <= 6) toggles.lut6 += outputs;
    for (std::uint32_t p = 0; p < level.fan_in; ++p) {
      const Signal pin = level.pins(lut)[p];
      if (pin >= 0) toggles.pins += signal_toggles_[static_cast<std::size_t>(pin)];
    }
  }
  sum.changed_luts += count_changed(level, toggles_.data());
  if (!last_inner_[k].empty()) add_inner(block, k);
  sum.pin_toggles = sum.lut6_toggles = 0;
  for (const LutToggles& toggles : sum.by_pins) {
    sum.pin_toggles += toggles.pins;
    sum.lut6_toggles += toggles.lut6;
  }
}

/// Neighbours with equally many live pins at a time.
void ActivityCounter::add_inner(const LutEvaluator& block, std::size_t k) {
  const std::vector<std::uint32_t>& live = live_[k];
  const std::size_t each = block.inner_luts(k);
  for (std::size_t lut = 0; lut < live.size();) {
    std::size_t end = lut + 1;
    while (end < live.size() && live[end] == live[lut]) ++end;
    if (live[lut] > 6) {
      activity_.levels[k].by_pins[live[lut]].lut6 +=
          count_toggles(block.inner(k, lut).data(), (end - lut) * each, counted_, block.rows(),
                        &last_inner_[k][lut * each]);
    }
    lut = end;
  }
}

NetlistActivity lut_activity(const LutProgram& program, const workload::BitRows& inputs) {
  LutEvaluator evaluator(program);
  ActivityCounter counter(program);
  for (std::uint32_t first = 0; first < inputs.rows; first += LutEvaluator::kBlock) {
    evaluator.load(inputs, first, std::min(LutEvaluator::kBlock, inputs.rows - first));
    evaluator.run();
    counter.add(evaluator);
  }
  return counter.activity();
}

}  // namespace sim::values
