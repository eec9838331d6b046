#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/poetbin/core_tick.h"
#include "sim/accelerators/poetbin/timing.h"

namespace sim::poetbin {

/// Variant C, K columns through which the neurons go one after the other. A column has T tree LUTs,
/// G first-level MATs, one second-level MAT and q score LUTs, all with tables in memory; column k
/// works on the classes k, k + K, …, on the P neurons of a class in P consecutive steps.
/// II = P * ceil(classes / K) steps a sample, which is ceil(N / K) when K divides the classes.
///
/// Stages, a clock each, of step s of a sample:
///   read     the routes of the neuron's trees, and through them P feature bits for each tree
///   look_up  the bit that each tree's table has at that address
///   mat1     the first-level MATs of the tree bits
///   mat2     the second-level MAT, into a shift register of P neuron bits
///   scores   with the last neuron of a class: its q score bits into the score register
///
/// One enable for all registers: en = !out_valid || out_ready. `read` works on the sample in the
/// feature register, one step an edge with en. in_ready = en && (the feature register is empty ||
/// step II - 1 is being read): the next sample is taken with the last step. The score register is
/// valid when `scores` has done step II - 1, for one edge with en; with argmax the class register
/// behind it is the output.
///
/// A sample taken in cycle a is read in cycles a + 1 … a + II and, never stalled, in the score
/// register in cycle a + 1 + latency, latency = II + 4 (+ 1 with argmax).
///
/// Counters, of each stage: output wait: !en; else busy: it has a step (`scores`: the last of a
/// class); else idle.
class ColumnsTick final : public CoreTick {
 public:
  explicit ColumnsTick(const ColumnsTiming& timing) : timing_(timing) {}

  bool in_ready(bool out_ready) const override;
  bool out_valid() const override { return timing_.argmax ? class_valid_ : score_valid_; }
  void clock(bool in_valid, bool out_ready) override;
  std::vector<StageRow> stages() const override;

 private:
  static constexpr std::size_t kStages = 5;
  struct Step {
    bool valid = false;
    std::uint32_t index = 0;
  };

  bool enable(bool out_ready) const { return !out_valid() || out_ready; }
  bool last(const Step& step) const { return step.valid && step.index + 1 == timing_.steps; }
  bool works(std::size_t stage) const;

  const ColumnsTiming timing_;
  Step at_[kStages];  // what each stage works on in this cycle
  bool score_valid_ = false;
  bool class_valid_ = false;
  StageCycles cycles_[kStages];
};

}  // namespace sim::poetbin
