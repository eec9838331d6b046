#include "tests/support/random_luts.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sim::test {
namespace {

using base::Rng;
using workload::BitRows;
using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

std::uint32_t from_one(Rng& rng, std::uint32_t most) {
  return 1 + static_cast<std::uint32_t>(rng.below(most));
}

/// An earlier signal or, now and then, a constant.
Signal any_signal(Rng& rng, std::uint32_t signals, double constants) {
  if (rng.uniform() < constants) {
    return rng.below(2) == 0 ? workload::kConstantZero : workload::kConstantOne;
  }
  return static_cast<Signal>(rng.below(signals));
}

LutLevel empty_level(std::string name, std::uint32_t fan_in, std::vector<std::string> labels) {
  LutLevel level;
  level.name = std::move(name);
  level.fan_in = fan_in;
  level.label_names = std::move(labels);
  return level;
}

void add_lut(LutLevel& level, const std::vector<Signal>& pins,
             const std::vector<std::uint32_t>& labels,
             const std::function<bool(std::uint32_t)>& output) {
  ++level.luts;
  level.sources.insert(level.sources.end(), pins.begin(), pins.end());
  for (const std::uint32_t label : labels) {
    level.labels.push_back(static_cast<std::uint16_t>(label));
  }
  std::vector<std::uint64_t> table(level.table_words());
  for (std::uint32_t a = 0; a < std::uint32_t{1} << level.fan_in; ++a) {
    table[a / 64] |= std::uint64_t{output(a)} << (a % 64);
  }
  level.tables.insert(level.tables.end(), table.begin(), table.end());
}

std::function<bool(std::uint32_t)> drawn_table(Rng& rng) {
  return [&rng](std::uint32_t) { return rng.below(2) != 0; };
}

/// Weights of pins for addresses: what a vote or a score adds up.
struct Weights {
  Weights(Rng& rng, std::size_t pins) : of_pin(pins) {
    for (double& w : of_pin) total += w = 0.1 + rng.uniform();
  }
  double sum(std::uint32_t address) const {
    double s = 0;
    for (std::size_t k = 0; k < of_pin.size(); ++k) s += (address >> k & 1) != 0 ? of_pin[k] : 0;
    return s;
  }
  std::vector<double> of_pin;
  double total = 0;
};

class Rinc {
 public:
  Rinc(Rng& rng, const RincShape& shape) : rng_(rng), s_(shape) {
    groups_ = (s_.trees + s_.fan_in - 1) / s_.fan_in;
    program_.name = "random_rinc";
    program_.inputs = s_.inputs;
    program_.classes = s_.classes;
    program_.score_bits = s_.score_bits;
  }

  LutProgram build() {
    trees();
    votes("mat1", {"neuron", "group"}, s_.trees, s_.fan_in);
    votes("mat2", {"neuron"}, groups_, groups_);
    scores();
    return std::move(program_);
  }

 private:
  std::uint32_t neurons() const { return s_.classes * s_.fan_in; }
  Signal last_level() const { return program_.first_signal(program_.levels.size() - 1); }

  std::vector<Signal> different_features() {
    std::vector<Signal> pins;
    while (pins.size() < s_.fan_in) {
      const auto feature = static_cast<Signal>(rng_.below(s_.inputs));
      if (std::find(pins.begin(), pins.end(), feature) == pins.end()) pins.push_back(feature);
    }
    return pins;
  }

  void trees() {
    LutLevel level = empty_level("trees", s_.fan_in, {"neuron", "group", "tree"});
    for (std::uint32_t n = 0; n < neurons(); ++n) {
      for (std::uint32_t t = 0; t < s_.trees; ++t) {
        add_lut(level, different_features(), {n, t / s_.fan_in, t % s_.fan_in}, drawn_table(rng_));
      }
    }
    program_.levels.push_back(std::move(level));
  }

  /// Each neuron's `members` of the level before, in groups of at most `size`.
  void votes(const std::string& name, const std::vector<std::string>& labels, std::uint32_t members,
             std::uint32_t size) {
    LutLevel level = empty_level(name, s_.fan_in, labels);
    for (std::uint32_t n = 0; n < neurons(); ++n) {
      for (std::uint32_t first = 0; first < members; first += size) {
        const std::uint32_t live = std::min(size, members - first);
        std::vector<Signal> pins(s_.fan_in, workload::kConstantZero);
        for (std::uint32_t k = 0; k < live; ++k) {
          pins[k] = last_level() + static_cast<Signal>(n * members + first + k);
        }
        const Weights weights(rng_, live);
        std::vector<std::uint32_t> values = {n, first / size};
        values.resize(labels.size());
        add_lut(level, pins, values,
                [&](std::uint32_t a) { return weights.sum(a) > weights.total / 2; });
      }
    }
    program_.levels.push_back(std::move(level));
  }

  void scores() {
    LutLevel level = empty_level("scores", s_.fan_in, {"class", "bit"});
    const double range = static_cast<double>(std::uint64_t{1} << s_.score_bits);
    for (std::uint32_t c = 0; c < s_.classes; ++c) {
      std::vector<Signal> pins;
      for (std::uint32_t k = 0; k < s_.fan_in; ++k) {
        pins.push_back(last_level() + static_cast<Signal>(c * s_.fan_in + k));
      }
      const Weights weights(rng_, s_.fan_in);
      for (std::uint32_t b = 0; b < s_.score_bits; ++b) {
        add_lut(level, pins, {c, b}, [&](std::uint32_t a) {
          const double score = range * (weights.sum(a) / weights.total * 0.99 - 0.5);
          return (static_cast<std::int64_t>(score) >> b & 1) != 0;
        });
      }
    }
    program_.levels.push_back(std::move(level));
    for (std::uint32_t i = 0; i < s_.classes * s_.score_bits; ++i) {
      program_.outputs.push_back(last_level() + static_cast<Signal>(i));
    }
  }

  Rng& rng_;
  const RincShape s_;
  std::uint32_t groups_ = 0;
  LutProgram program_;
};

}  // namespace

LutProgram random_luts(Rng& rng, const RandomLutShape& shape) {
  LutProgram program;
  program.name = "random_luts";
  program.inputs = shape.inputs;
  program.classes = shape.classes;
  program.score_bits = shape.score_bits;
  program.signed_scores = shape.signed_scores;
  for (std::uint32_t l = 0; l < shape.levels; ++l) {
    LutLevel level =
        empty_level("level" + std::to_string(l), from_one(rng, shape.max_fan_in), {"index"});
    const std::uint32_t signals = program.signals();
    const std::uint32_t luts = from_one(rng, shape.max_luts);
    for (std::uint32_t i = 0; i < luts; ++i) {
      std::vector<Signal> pins(level.fan_in);
      for (Signal& pin : pins) pin = any_signal(rng, signals, shape.constants);
      add_lut(level, pins, {i}, drawn_table(rng));
    }
    program.levels.push_back(std::move(level));
  }
  for (std::uint32_t i = 0; i < shape.classes * shape.score_bits; ++i) {
    program.outputs.push_back(any_signal(rng, program.signals(), shape.constants));
  }
  return program;
}

LutProgram random_luts(Rng& rng, std::uint32_t max_fan_in) {
  RandomLutShape shape;
  shape.inputs = from_one(rng, 90);
  shape.levels = from_one(rng, 5);
  shape.max_luts = from_one(rng, 40);
  shape.max_fan_in = from_one(rng, max_fan_in);
  shape.classes = from_one(rng, 6);
  shape.score_bits = from_one(rng, 10);
  shape.constants = rng.below(2) == 0 ? 0 : 0.2;
  shape.signed_scores = rng.below(4) != 0;
  return random_luts(rng, shape);
}

LutProgram random_rinc(Rng& rng, const RincShape& shape) { return Rinc(rng, shape).build(); }

BitRows random_bits(Rng& rng, std::uint32_t rows, std::uint32_t bits, double ones) {
  BitRows result(rows, bits);
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t b = 0; b < bits; ++b) result.set(r, b, rng.uniform() < ones);
  }
  return result;
}

}  // namespace sim::test
