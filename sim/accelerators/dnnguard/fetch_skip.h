#pragma once

#include <array>
#include <deque>
#include <utility>
#include <vector>

#include "sim/accelerators/dnnguard/operand_skip.h"

namespace sim::dnnguard {

/// All reads of convolution layers, for convolution_skip: the requests one after the other, or many
/// at once while nothing changes.
class FetchSkip {
 public:
  FetchSkip(const ConvolutionMachine& machine, const ReadMemory& memory,
            const std::vector<ConvolutionStep>& layers, std::vector<ConvolutionCounts>& counts);

  /// When the next request is made; kNever: it waits for something else.
  Cycle next();
  /// Makes it and perhaps more. Nothing else of the machine happens before `horizon`, and the layer
  /// that SDP is at ends no earlier than `outputs_end`.
  void advance(Cycle horizon, Cycle outputs_end);

  Cycle data_ready(std::size_t layer) const { return data_ready_[layer]; }
  Cycle weights_ready(std::size_t layer, std::size_t group) const {
    return weights_ready_[layer][group];
  }
  Cycle enabled(std::size_t layer) const;
  void release_weights(Cycle at, std::uint64_t beats) { weights_released_.emplace_back(at, beats); }
  void release_data(Cycle at, std::uint64_t entries) { data_released_.emplace_back(at, entries); }
  void stripes_ended() { ++stripes_ended_; }  // of one more layer
  void outputs_ended() { ++outputs_ended_; }
  std::array<OperandSkip, 3>& operands() { return operands_; }
  const std::array<OperandSkip, 3>& operands() const { return operands_; }

 private:
  static constexpr std::size_t kWeights = 0, kData = 1, kOperand = 2, kClients = 5;
  struct Run {  // of requests, evenly spaced
    std::uint64_t weights = 0;
    std::uint64_t data = 0;
    std::size_t first = kWeights;
  };

  const ConvolutionWork& work() const { return layers_[layer_].work; }
  Cycle earliest() const;
  Cycle base() const;
  Cycle after_bank_change(Cycle base, bool changed) const;
  void open();
  std::uint64_t weight_room() const;
  std::uint64_t data_room(std::uint64_t held) const;
  Cycle weights_wanted(Cycle from) const;
  Cycle data_wanted(Cycle from) const;
  void look();
  void ask(std::size_t client);
  void ask_more(std::size_t client, Cycle horizon);
  void ask_weights(Cycle first, std::uint64_t count, Cycle step);
  void ask_data(Cycle asked, Cycle accepted, std::uint64_t count, Cycle step);
  void pass_blocks(Cycle asked, std::uint64_t count, Cycle step);
  void finish_data();
  void next_layer();
  bool steady() const;
  bool operands_wait() const;
  Cycle operand_limit(Cycle outputs_end) const;
  Cycle limit(Cycle horizon, Cycle outputs_end) const;
  std::uint64_t most_weights() const;
  std::uint64_t most_data(Cycle step) const;
  Run run(Cycle horizon, Cycle outputs_end) const;
  void make(const Run& run);

  const ConvolutionMachine& machine_;
  const std::vector<ConvolutionStep>& layers_;
  std::vector<ConvolutionCounts>& counts_;
  const Cycle latency_;
  const Cycle interval_;
  const bool limited_;  // by the beats on their way
  std::vector<Cycle> data_ready_;
  std::vector<std::vector<Cycle>> weights_ready_;

  std::array<Cycle, times::kReadPipeDepth> accepted_{};  // the last, oldest first
  Cycle asked_ = -kNever;                                // the last
  std::size_t served_ = kWeights;
  std::array<Cycle, kClients> wanted_{};  // by look(): when each asks
  Cycle at_ = kNever;                     // the first of them

  std::size_t layer_ = 0;
  std::uint64_t weights_ = 0;
  std::uint64_t data_ = 0;
  std::size_t group_ = 0;  // that the next weights are of
  Cycle weights_from_ = kNever;
  Cycle data_from_ = kNever;
  Cycle last_read_ = -kNever;
  std::deque<Cycle> returns_;
  std::size_t block_ = 0;
  std::uint64_t in_block_ = 0;
  Cycle block_until_ = 0;
  std::deque<Cycle> last_data_;  // four
  std::array<OperandSkip, 3> operands_;
  std::uint64_t weights_held_ = 0;
  std::uint64_t data_held_ = 0;
  std::deque<std::pair<Cycle, std::uint64_t>> weights_released_;
  std::deque<std::pair<Cycle, std::uint64_t>> data_released_;
  std::size_t stripes_ended_ = 0;
  std::size_t outputs_ended_ = 0;
};

}  // namespace sim::dnnguard
