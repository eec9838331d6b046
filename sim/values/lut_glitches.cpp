#include "sim/values/lut_glitches.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

#include "sim/base/check.h"
#include "sim/base/rng.h"
#include "sim/workload/lut_size.h"

namespace sim::values {
namespace {

using workload::BitRows;
using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

/// A net takes a value. One net has at most one event a tick, since a LUT is evaluated once a tick
/// and its delay is always the same; so the order of events within a tick has no effect.
struct Event {
  std::uint64_t time;
  std::uint32_t signal;
  bool value;

  bool operator>(const Event& other) const { return time > other.time; }
};

class EventSimulation {
 public:
  EventSimulation(const LutProgram& program, const NetDelays& delays)
      : program_(program),
        delays_(delays.draw(program)),
        values_(program.signals()),
        toggles_(program.signals()),
        queued_(program.luts()),
        readers_(program.signals()) {
    for (std::size_t k = 0; k < program.levels.size(); ++k) add_readers(k);
  }

  /// Applies a sample and lets everything settle.
  void settle(const BitRows& inputs, std::size_t row) {
    for (std::uint32_t i = 0; i < program_.inputs; ++i) push(0, i, inputs.get(row, i));
    while (!events_.empty()) step();
  }

  /// The first sample: every LUT is evaluated once, and what that changes does not count.
  void start(const BitRows& inputs) {
    for (std::uint32_t lut = 0; lut < homes_.size(); ++lut) affect(lut);
    evaluate_affected(0);
    settle(inputs, 0);
    std::ranges::fill(toggles_, 0);
  }

  GlitchActivity activity(std::uint64_t transitions) const {
    GlitchActivity a;
    a.transitions = transitions;
    for (std::size_t k = 0; k < program_.levels.size(); ++k) {
      a.levels.push_back(level_toggles(k));
    }
    for (const Signal bit : program_.outputs) a.score_toggles += toggles_of(bit);
    return a;
  }

 private:
  struct Home {
    const LutLevel* level;
    std::size_t index;
  };

  void add_readers(std::size_t k) {
    const LutLevel& level = program_.levels[k];
    for (std::size_t i = 0; i < level.luts; ++i) {
      const auto lut = static_cast<std::uint32_t>(homes_.size());
      homes_.push_back({&level, i});
      for (std::uint32_t p = 0; p < level.fan_in; ++p) {
        if (level.pins(i)[p] >= 0) {
          readers_[static_cast<std::size_t>(level.pins(i)[p])].push_back(lut);
        }
      }
    }
  }

  LevelGlitches level_toggles(std::size_t k) const {
    LevelGlitches sum;
    const LutLevel& level = program_.levels[k];
    for (std::size_t lut = 0; lut < level.luts; ++lut) {
      LutToggles& toggles = sum.by_pins[workload::live_pins(level, lut)];
      const std::uint64_t outputs = toggles_of(program_.first_signal(k) + static_cast<Signal>(lut));
      toggles.outputs += outputs;
      sum.output_toggles += outputs;
      for (std::uint32_t p = 0; p < level.fan_in; ++p) {
        const std::uint64_t pins = toggles_of(level.pins(lut)[p]);
        toggles.pins += pins;
        sum.pin_toggles += pins;
      }
    }
    return sum;
  }

  std::uint64_t toggles_of(Signal s) const {
    return s < 0 ? 0 : toggles_[static_cast<std::size_t>(s)];
  }
  bool value_of(Signal s) const {
    return s < 0 ? s == workload::kConstantOne : values_[static_cast<std::size_t>(s)] != 0;
  }

  void push(std::uint64_t now, std::uint32_t signal, bool value) {
    events_.push({now + delays_[signal], signal, value});
  }

  /// Everything that happens in the next tick in which something does.
  void step() {
    const std::uint64_t now = events_.top().time;
    while (!events_.empty() && events_.top().time == now) {
      const Event e = events_.top();
      events_.pop();
      if ((values_[e.signal] != 0) == e.value) continue;
      values_[e.signal] = e.value ? 1 : 0;
      ++toggles_[e.signal];
      for (const std::uint32_t lut : readers_[e.signal]) affect(lut);
    }
    evaluate_affected(now);
  }

  void affect(std::uint32_t lut) {
    if (queued_[lut] != 0) return;
    queued_[lut] = 1;
    affected_.push_back(lut);
  }

  void evaluate_affected(std::uint64_t now) {
    for (const std::uint32_t lut : affected_) {
      const LutLevel& level = *homes_[lut].level;
      std::uint32_t address = 0;
      for (std::uint32_t p = 0; p < level.fan_in; ++p) {
        address |= std::uint32_t{value_of(level.pins(homes_[lut].index)[p])} << p;
      }
      push(now, program_.inputs + lut, level.output(homes_[lut].index, address));
      queued_[lut] = 0;
    }
    affected_.clear();
  }

  const LutProgram& program_;
  const std::vector<std::uint32_t> delays_;          // by signal
  std::vector<std::uint8_t> values_;                 // by signal
  std::vector<std::uint64_t> toggles_;               // by signal
  std::vector<Home> homes_;                          // by LUT
  std::vector<std::uint8_t> queued_;                 // by LUT: in affected_
  std::vector<std::vector<std::uint32_t>> readers_;  // by signal: LUTs, a pin each
  std::vector<std::uint32_t> affected_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

}  // namespace

std::vector<std::uint32_t> NetDelays::draw(const LutProgram& program) const {
  SIM_CHECK(spread >= 0 && spread < 1, "spread {}", spread);
  base::Rng rng(seed, "net delays");
  std::vector<std::uint32_t> result(program.signals());
  for (std::uint32_t& delay : result) {
    const double drawn = kNominal * (1 + spread * (2 * rng.uniform() - 1));
    delay = std::max(1u, static_cast<std::uint32_t>(std::lround(drawn)));
  }
  return result;
}

GlitchActivity lut_glitches(const LutProgram& program, const BitRows& inputs,
                            const NetDelays& delays) {
  EventSimulation simulation(program, delays);
  if (inputs.rows == 0) return simulation.activity(0);
  simulation.start(inputs);
  for (std::size_t row = 1; row < inputs.rows; ++row) simulation.settle(inputs, row);
  return simulation.activity(inputs.rows - 1);
}

}  // namespace sim::values
