#include "sim/accelerators/poetbin/value_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <span>
#include <utility>

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/accelerators/poetbin/fabric_skip.h"
#include "sim/accelerators/poetbin/stimulus.h"
#include "sim/base/error.h"
#include "sim/base/math.h"
#include "sim/values/lut_evaluator.h"

namespace sim::poetbin {
namespace {

using values::LutEvaluator;
using workload::LutProgram;
using workload::LutTask;
using workload::Signal;

constexpr std::uint64_t kMaxBitsWithDelays = std::uint64_t{1} << 33;  // 1 GiB

std::vector<Signal> live(const std::vector<Signal>& signals) {
  std::vector<Signal> out;
  std::copy_if(signals.begin(), signals.end(), std::back_inserter(out),
               [](Signal s) { return s >= 0; });
  return out;
}

std::vector<Signal> range(Signal first, Signal last) {
  std::vector<Signal> out;
  for (Signal s = first; s < last; ++s) out.push_back(s);
  return out;
}

/// A register whose bits are signals.
struct SignalRegister {
  std::string unit;
  std::uint64_t bits;
  SignalToggles toggles;
};

std::vector<SignalRegister> signal_registers(const Program& program, const Config& config) {
  const LutProgram& luts = program.luts;
  const auto inputs = static_cast<Signal>(luts.inputs);
  const Before before = program.groups.empty() ? Before::kUnknown : Before::kZeros;
  std::vector<SignalRegister> all;
  const auto add = [&](std::string unit, std::vector<Signal> signals, std::uint32_t lag) {
    const std::uint64_t bits = signals.size() * std::uint64_t{lag};
    all.push_back({std::move(unit), bits, SignalToggles(std::move(signals), lag, before)});
  };
  for (const PipeRegister& r : program.registers) {
    add(r.after == 0 ? "feature_register" : fmt::format("pipe_register_{}", r.after), r.signals, 1);
  }
  if (program.columns) add("feature_register", range(0, inputs), 1);
  if (program.fabric && config.fabric.banks == 0) {
    add("bit_file", range(0, static_cast<Signal>(luts.signals())), config.fabric.contexts);
  }
  if (!program.columns) add("score_register", live(luts.outputs), 1);
  return all;
}

/// Lets the lanes of all groups follow the samples, a block of planes at a time.
class LaneWalk {
 public:
  explicit LaneWalk(const Program& program) : program_(program) {
    for (const LaneGroup& group : program.groups) groups_.emplace_back(group);
    if (program.fabric) {
      fabric_ = std::make_unique<FabricSkip>(std::get<FabricTiming>(program.timing), program.stream,
                                             nullptr);
    }
  }

  /// Samples `first` … `first + samples - 1`; first is a multiple of 64.
  void add(const PlaneOf& plane_of, std::uint64_t first, std::uint64_t samples) {
    for (std::uint64_t chunk = first / 64; 64 * chunk < first + samples; ++chunk) {
      for (LaneActivity& group : groups_) {
        group.load(chunk, plane_of, static_cast<std::size_t>(chunk - first / 64));
      }
      const std::uint64_t end = std::min(64 * chunk + 64, first + samples);
      if (fabric_) {
        follow_slots(end);
      } else {
        follow_steps(64 * chunk, end);
      }
    }
  }

  std::vector<LaneCounts> counts() const {
    std::vector<LaneCounts> all;
    for (const LaneActivity& group : groups_) all.push_back(group.counts());
    return all;
  }

 private:
  void follow_steps(std::uint64_t first, std::uint64_t end) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const auto steps = static_cast<std::uint32_t>(program_.groups[g].steps.size());
      for (std::uint64_t s = first; s < end; ++s) {
        for (std::uint32_t step = 0; step < steps; ++step) groups_[g].visit(s, step);
      }
    }
  }

  /// The slots, in the order of the sequencer, up to the first of a sample not known yet.
  void follow_slots(std::uint64_t end) {
    while (next_ || fabric_->slots_left()) {
      if (!next_) next_ = fabric_->issue();
      if (next_->sample >= end) return;
      groups_[0].visit(next_->sample, next_->slot);
      next_.reset();
    }
  }

  const Program& program_;
  std::vector<LaneActivity> groups_;
  std::unique_ptr<FabricSkip> fabric_;
  std::optional<FabricSkip::Issue> next_;
};

/// The inputs of the samples that run.
workload::BitRows first_rows(const LutTask& task, std::uint64_t samples) {
  const workload::BitRows& vectors = task.vectors.inputs;
  workload::BitRows rows(static_cast<std::uint32_t>(samples), vectors.bits);
  for (std::size_t i = 0; i < rows.words.size(); ++i) {
    rows.words[i] = vectors.words[i % vectors.words.size()];  // the vectors again and again
  }
  return rows;
}

class Pass {
 public:
  Pass(const LutTask& task, const Program& program, const Config& config)
      : task_(task),
        program_(program),
        stimulus_(task, program, config.spatial),
        evaluator_(program.luts),
        walk_(program),
        registers_(signal_registers(program, config)),
        argmax_(config.argmax) {
    const bool spatial = program.groups.empty();
    out_.samples = program.stream.samples;
    out_.transitions = spatial ? out_.samples - 1 : out_.samples;
    out_.stimulus = task.vectors.stimulus;
    if (stimulus_.shifted()) out_.stimulus += ", shifted in serially";
    if (spatial) netlist_.emplace(program.luts);
    if (!spatial) class_ = 0;
    if (!task.vectors.labels.empty()) out_.right = 0;
    if (!config.simplify) levels_ = task.vectors.levels;
    if (config.spatial.glitches) {
      out_.glitches =
          values::lut_glitches(program.luts, first_rows(task, out_.samples), config.spatial.delays);
    }
  }

  ValuePass run(core::Progress& progress) {
    for (std::uint64_t first = 0; first < stimulus_.rows(); first += LutEvaluator::kBlock) {
      const auto count = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(LutEvaluator::kBlock, stimulus_.rows() - first));
      evaluator_.load(stimulus_.block(first, count), 0, count);
      evaluator_.run();
      evaluator_.scores(scores_);
      count_changes(first, count);
      for (std::uint32_t i = 0; i < count; ++i) {
        if (argmax_) follow_class(best_class(i));
        if (stimulus_.whole(first + i)) classify(stimulus_.sample(first + i), i);
      }
      progress.update("values", first + count, stimulus_.rows(), 0);
    }
    return finish();
  }

 private:
  std::size_t vector_of(std::uint64_t sample) const { return sample % task_.vectors.inputs.rows; }

  void count_changes(std::uint64_t first, std::uint32_t count) {
    const PlaneOf plane_of = [this](Signal s) { return evaluator_.plane(s); };
    if (netlist_) netlist_->add(evaluator_);
    for (SignalRegister& r : registers_) r.toggles.add(plane_of, count);
    walk_.add(plane_of, first, count);
  }

  std::span<const std::int32_t> scores_of(std::uint32_t row) const {
    const std::size_t classes = program_.luts.classes;
    return {&scores_[row * classes], classes};
  }

  std::uint32_t best_class(std::uint32_t row) const {
    const auto scores = scores_of(row);
    return static_cast<std::uint32_t>(std::ranges::max_element(scores) - scores.begin());
  }

  /// The class register takes what stands before it in every clock, of a sample or not.
  void follow_class(std::uint32_t best) {
    if (class_) class_toggles_ += static_cast<std::uint64_t>(std::popcount(best ^ *class_));
    class_ = best;
  }

  void classify(std::uint64_t sample, std::uint32_t row) {
    const auto scores = scores_of(row);
    check_scores(sample, scores);
    check_levels(sample, row);
    const std::uint32_t best = best_class(row);
    if (out_.right && task_.vectors.labels[vector_of(sample)] == best) ++*out_.right;
    if (sample >= SampleLog::kKept) return;
    out_.scores.insert(out_.scores.end(), scores.begin(), scores.end());
    out_.classes.push_back(best);
  }

  void check_scores(std::uint64_t sample, std::span<const std::int32_t> scores) {
    if (task_.vectors.scores.empty()) return;
    for (std::uint32_t c = 0; c < program_.luts.classes; ++c) {
      const std::int32_t expected =
          task_.vectors.scores[vector_of(sample) * program_.luts.classes + c];
      if (scores[c] == expected) continue;
      throw base::SimulationError(
          fmt::format("sample {}, class {}: the machine's score is {}, the "
                      "workload's {}",
                      sample, c, scores[c], expected));
    }
    out_.compared_values += program_.luts.classes;
  }

  void check_levels(std::uint64_t sample, std::uint32_t row) {
    for (std::size_t l = 0; l < levels_.size(); ++l) {
      const workload::BitRows& level = levels_[l];
      if (vector_of(sample) >= level.rows) continue;  // not all levels need be known
      for (std::uint32_t i = 0; i < level.bits; ++i) {
        const Signal signal = program_.luts.first_signal(l) + static_cast<Signal>(i);
        const bool bit = (evaluator_.plane(signal)[row / 64] >> (row % 64) & 1) != 0;
        if (bit == level.get(vector_of(sample), i)) continue;
        throw base::SimulationError(
            fmt::format("sample {}: {} is {:d} in the machine, {:d} in the "
                        "workload",
                        sample, program_.luts.shown(signal), bit, !bit));
      }
      out_.compared_values += level.bits;
    }
  }

  ValuePass finish() {
    if (netlist_) out_.netlist = netlist_->activity();
    out_.lanes = walk_.counts();
    for (const SignalRegister& r : registers_) {
      out_.registers.push_back({r.unit, r.bits, r.toggles.count()});
    }
    if (argmax_) {
      out_.registers.push_back({"class_register", class_bits(program_.luts), class_toggles_});
    }
    return std::move(out_);
  }

  const LutTask& task_;
  const Program& program_;
  const Stimulus stimulus_;
  LutEvaluator evaluator_;
  std::optional<values::ActivityCounter> netlist_;
  LaneWalk walk_;
  std::vector<SignalRegister> registers_;
  const bool argmax_;
  std::span<const workload::BitRows> levels_;  // to compare; a simplified program has others
  std::vector<std::int32_t> scores_;           // of the block
  std::optional<std::uint32_t> class_;         // in the class register; none: not known
  std::uint64_t class_toggles_ = 0;
  ValuePass out_;
};

}  // namespace

void check_values(const LutTask& task, const Program& program, const Config& config) {
  const std::uint64_t bits = program.stream.samples * std::uint64_t{task.vectors.inputs.bits};
  if (config.spatial.glitches && bits > kMaxBitsWithDelays) {
    throw base::ConfigError(fmt::format(
        "poetbin.source.samples: {} samples of {} bits with glitches; at most {} bits are allowed",
        program.stream.samples, task.vectors.inputs.bits, kMaxBitsWithDelays));
  }
}

ValuePass run_values(const LutTask& task, const Program& program, const Config& config,
                     core::Progress& progress) {
  check_values(task, program, config);
  return Pass(task, program, config).run(progress);
}

}  // namespace sim::poetbin
