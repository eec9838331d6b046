#include "sim/accelerators/poetbin/columns_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/base/error.h"
#include "sim/base/math.h"

namespace sim::poetbin {
namespace {

using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

constexpr std::size_t kTrees = 0;
constexpr std::size_t kMat1 = 1;
constexpr std::size_t kMat2 = 2;
constexpr std::size_t kScores = 3;

[[noreturn]] void refuse(const std::string& reason) {
  throw base::WorkloadError(
      fmt::format("poetbin.variant: columns run RINC-2 programs only (trees, MATs of trees, a MAT "
                  "of these for each neuron, score LUTs of a class's neurons): {}",
                  reason));
}

/// Which LUT of which level stands where, found from the outputs backwards.
class Shape {
 public:
  explicit Shape(const LutProgram& program) : program_(program) {
    if (program.levels.size() != 4) {
      refuse(fmt::format("the program has {} levels", program.levels.size()));
    }
    for (std::size_t l = 0; l < 4; ++l) used_[l].resize(program.levels[l].luts);
  }

  /// The LUT of level `level` behind a pin or an output; none for a constant.
  std::optional<std::uint32_t> lut(Signal signal, std::size_t level) const {
    if (signal == workload::kConstantZero || signal == workload::kConstantOne) return std::nullopt;
    const Signal index = signal - program_.first_signal(level);
    if (index < 0 || index >= static_cast<Signal>(program_.levels[level].luts)) {
      refuse(fmt::format("{} is not of level '{}'", program_.shown(signal),
                         program_.levels[level].name));
    }
    return static_cast<std::uint32_t>(index);
  }

  /// The same for a LUT that only one other may read.
  std::optional<std::uint32_t> own_lut(Signal signal, std::size_t level) {
    const auto found = lut(signal, level);
    if (found && used_[level][*found]) {
      refuse(fmt::format("{} is read twice", program_.shown(signal)));
    }
    if (found) used_[level][*found] = true;
    return found;
  }

  void expect_features(std::uint32_t tree) const {
    const LutLevel& level = program_.levels[kTrees];
    for (std::uint32_t k = 0; k < level.fan_in; ++k) {
      if (level.pins(tree)[k] >= static_cast<Signal>(program_.inputs)) {
        refuse(fmt::format("{} is not a feature", program_.shown(level.pins(tree)[k])));
      }
    }
  }

  const LutProgram& program() const { return program_; }

 private:
  const LutProgram& program_;
  std::vector<bool> used_[4];
};

struct Mat1 {
  std::optional<std::uint32_t> lut;
  std::vector<std::optional<std::uint32_t>> trees;  // by pin
};

struct Neuron {
  std::optional<std::uint32_t> lut;
  std::vector<Mat1> mats;  // by pin of the second-level MAT
};

struct Class {
  std::vector<std::optional<std::uint32_t>> scores;  // by bit
  std::vector<Neuron> neurons;                       // by pin of the score LUTs
};

Mat1 mat1_of(Shape& shape, Signal signal) {
  const LutLevel& level = shape.program().levels[kMat1];
  Mat1 mat{shape.own_lut(signal, kMat1), std::vector<std::optional<std::uint32_t>>(level.fan_in)};
  for (std::uint32_t k = 0; mat.lut && k < level.fan_in; ++k) {
    mat.trees[k] = shape.own_lut(level.pins(*mat.lut)[k], kTrees);
    if (mat.trees[k]) shape.expect_features(*mat.trees[k]);
  }
  return mat;
}

Neuron neuron_of(Shape& shape, Signal signal) {
  const LutLevel& level = shape.program().levels[kMat2];
  Neuron neuron{shape.own_lut(signal, kMat2), std::vector<Mat1>(level.fan_in)};
  for (std::uint32_t g = 0; neuron.lut && g < level.fan_in; ++g) {
    neuron.mats[g] = mat1_of(shape, level.pins(*neuron.lut)[g]);
  }
  return neuron;
}

/// The signal on pin `pin` of the class's score LUTs: the same for all of them, or a constant.
Signal shared_pin(const LutProgram& program, const Class& c, std::uint32_t pin) {
  Signal shared = workload::kConstantZero;
  for (const auto& lut : c.scores) {
    if (!lut) continue;
    const Signal signal = program.levels[kScores].pins(*lut)[pin];
    if (signal < 0) continue;
    if (shared >= 0 && shared != signal) {
      refuse(fmt::format("score LUTs of one class read {} and {} on one pin", program.shown(shared),
                         program.shown(signal)));
    }
    shared = signal;
  }
  return shared;
}

Class class_of(Shape& shape, std::uint32_t index) {
  const LutProgram& program = shape.program();
  Class c;
  for (std::uint32_t b = 0; b < program.score_bits; ++b) {
    c.scores.push_back(shape.own_lut(program.outputs[index * program.score_bits + b], kScores));
  }
  for (std::uint32_t k = 0; k < program.levels[kScores].fan_in; ++k) {
    c.neurons.push_back(neuron_of(shape, shared_pin(program, c, k)));
  }
  return c;
}

/// Lane numbers of a column: the positions that some neuron uses.
struct Positions {
  std::vector<std::optional<std::uint32_t>> mat1;               // by pin of the neuron
  std::vector<std::vector<std::optional<std::uint32_t>>> tree;  // by that and pin of the MAT
  std::uint32_t mats = 0;
  std::uint32_t trees = 0;
};

Positions positions_of(const std::vector<Class>& classes, const LutProgram& program) {
  const std::uint32_t mat_pins = program.levels[kMat1].fan_in;
  const std::uint32_t pins = program.levels[kMat2].fan_in;
  Positions p{std::vector<std::optional<std::uint32_t>>(pins),
              std::vector(pins, std::vector<std::optional<std::uint32_t>>(mat_pins))};
  const auto any = [&](const auto& uses) {
    return std::any_of(classes.begin(), classes.end(), [&](const Class& c) {
      return std::any_of(c.neurons.begin(), c.neurons.end(),
                         [&](const Neuron& n) { return n.lut && uses(n); });
    });
  };
  for (std::uint32_t g = 0; g < pins; ++g) {
    if (any([&](const Neuron& n) { return n.mats[g].lut.has_value(); })) p.mat1[g] = p.mats++;
    for (std::uint32_t k = 0; k < mat_pins; ++k) {
      const auto uses = [&](const Neuron& n) {
        return n.mats[g].lut && n.mats[g].trees[k].has_value();
      };
      if (any(uses)) p.tree[g][k] = p.trees++;
    }
  }
  return p;
}

/// Fills the lanes' steps from the classes.
class Filler {
 public:
  Filler(const LutProgram& program, const Positions& positions, ColumnsProgram& out)
      : program_(program), positions_(positions), out_(out) {}

  void fill(const std::vector<Class>& classes) {
    for (std::uint32_t round = 0; round < out_.rounds; ++round) {
      for (std::uint32_t j = 0; j < out_.neurons_per_class; ++j) {
        steps_ = {&out_.trees.add_step(), &out_.mat1.add_step(), &out_.mat2.add_step(),
                  j + 1 == out_.neurons_per_class ? &out_.scores.add_step() : nullptr};
        for (std::uint32_t k = 0; k < out_.columns; ++k) {
          const std::size_t c = std::size_t{round} * out_.columns + k;
          if (c < classes.size()) fill_column(k, classes[c], j);
        }
      }
    }
  }

 private:
  struct Steps {
    LaneStep* trees;
    LaneStep* mat1;
    LaneStep* mat2;
    LaneStep* scores;
  };

  /// Pins that are wired to other lanes keep their values where the program has constants.
  void set(LaneStep& step, const LaneGroup& group, std::size_t level, std::uint32_t lane,
           std::uint32_t lut) {
    const LutLevel& from = program_.levels[level];
    step.outputs[lane] = program_.first_signal(level) + static_cast<Signal>(lut);
    for (std::uint32_t k = 0; k < from.fan_in; ++k) {
      const Signal signal = from.pins(lut)[k];
      step.pins[std::size_t{lane} * group.fan_in + k] =
          group.routed || signal >= 0 ? signal : kHold;
    }
  }

  void fill_column(std::uint32_t column, const Class& c, std::uint32_t j) {
    const Neuron& neuron = c.neurons[j];
    if (neuron.lut) fill_neuron(column, neuron);
    if (steps_.scores == nullptr) return;
    for (std::uint32_t b = 0; b < program_.score_bits; ++b) {
      if (!c.scores[b]) continue;
      set(*steps_.scores, out_.scores, kScores, column * program_.score_bits + b, *c.scores[b]);
    }
  }

  void fill_neuron(std::uint32_t column, const Neuron& neuron) {
    set(*steps_.mat2, out_.mat2, kMat2, column, *neuron.lut);
    for (std::size_t g = 0; g < neuron.mats.size(); ++g) {
      const Mat1& mat = neuron.mats[g];
      if (!mat.lut) continue;
      set(*steps_.mat1, out_.mat1, kMat1, column * positions_.mats + *positions_.mat1[g], *mat.lut);
      for (std::size_t k = 0; k < mat.trees.size(); ++k) {
        if (!mat.trees[k]) continue;
        const std::uint32_t lane = column * positions_.trees + *positions_.tree[g][k];
        set(*steps_.trees, out_.trees, kTrees, lane, *mat.trees[k]);
      }
    }
  }

  const LutProgram& program_;
  const Positions& positions_;
  ColumnsProgram& out_;
  Steps steps_{};
};

LaneGroup group(const LutProgram& program, std::size_t level, const char* unit,
                std::uint32_t lanes) {
  return {.unit = unit,
          .lanes = lanes,
          .fan_in = program.levels[level].fan_in,
          .routed = level == kTrees,
          .steps = {}};
}

}  // namespace

std::uint32_t ColumnsProgram::luts_of_column() const {
  return (trees.lanes + mat1.lanes + mat2.lanes + scores.lanes) / columns;
}

ColumnsTiming ColumnsProgram::timing(bool argmax) const {
  return {.steps = rounds * neurons_per_class,
          .neurons_per_class = neurons_per_class,
          .argmax = argmax};
}

ColumnsProgram columns_program(const LutProgram& program, std::uint32_t columns) {
  if (columns > program.classes) {
    throw base::ConfigError(fmt::format(
        "poetbin.columns.columns: {} columns, but the program has {} classes, whose neurons "
        "stay in one column each",
        columns, program.classes));
  }
  Shape shape(program);
  std::vector<Class> classes;
  for (std::uint32_t c = 0; c < program.classes; ++c) classes.push_back(class_of(shape, c));
  const Positions positions = positions_of(classes, program);
  ColumnsProgram out;
  out.columns = columns;
  out.neurons_per_class = program.levels[kScores].fan_in;
  out.rounds = static_cast<std::uint32_t>(base::ceil_div(program.classes, columns));
  out.trees = group(program, kTrees, "look_up", columns * positions.trees);
  out.mat1 = group(program, kMat1, "mat1", columns * positions.mats);
  out.mat2 = group(program, kMat2, "mat2", columns);
  out.scores = group(program, kScores, "scores", columns * program.score_bits);
  Filler(program, positions, out).fill(classes);
  return out;
}

}  // namespace sim::poetbin
