#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "sim/accelerators/dnnguard/convolution_sequence.h"

namespace sim::dnnguard {

/// Reads of the operands of one stage of SDP, for convolution_skip.
class OperandSkip {
 public:
  OperandSkip(const ConvolutionMachine& machine, const ReadMemory& memory,
              const std::vector<ConvolutionStep>& layers, std::size_t stage);

  /// No reads are left.
  bool over() const { return layer_ >= layers_.size(); }
  /// Of the layer at hand.
  bool all_asked() const { return over() || asked_ == work().beats; }
  std::size_t layer() const { return layer_; }
  /// Earliest request, not before `from`; kNever while it depends on what has not happened yet.
  Cycle ready(Cycle from, Cycle enabled) const;
  /// Beat accepted to use.
  Cycle usable_after() const { return usable_after_; }
  /// A request that the memory accepts then.
  void ask(Cycle accepted);
  /// When the operands of an output are there.
  Cycle usable(std::size_t layer, std::uint64_t output) const;
  /// SDP took the output before this one, the last of the layer.
  void take(Cycle at, std::size_t layer, std::uint64_t outputs, bool last);

 private:
  const OperandWork& work() const { return layers_[layer_].work.operands[stage_]; }
  void next_layer(Cycle now);

  const std::vector<ConvolutionStep>& layers_;
  const std::size_t stage_;
  const std::size_t in_flight_;  // at most
  const Cycle usable_after_;
  const Cycle returned_after_;
  std::size_t layer_ = 0;
  std::uint64_t asked_ = 0;
  Cycle open_ = -kNever;
  Cycle assembled_ = -kNever;    // the beats of the next output
  std::deque<Cycle> accepted_;   // beats not used up, and as many as may be in flight
  std::uint64_t forgotten_ = 0;  // beats before those
  std::uint64_t freed_ = 0;
  std::deque<std::pair<Cycle, std::uint64_t>> freeing_;
};

}  // namespace sim::dnnguard
