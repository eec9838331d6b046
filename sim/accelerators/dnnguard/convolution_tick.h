#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "sim/accelerators/dnnguard/convolution_sequence.h"

namespace sim::dnnguard {

/// Convolution layers, one clock at a time.
///
/// Fetch. Weights, data and SDP's operands ask for a beat each; the arbiter takes one a cycle in
/// turn and passes it on through a pipe in which four fit; the memory accepts its head. Data and
/// weights are read while the buffer has room for them, layer after layer.
///
/// Sequencer. A group of `rows` kernels is a row of channel operations, each of them one stripe of
/// outputs in `steps` steps; a step takes a cycle an output, or the time of the weight port. The
/// first group starts when the whole input and its weights are there, others when their weights
/// are. Weights leave when their group ends, data with their layer. The last step of a channel
/// operation waits until the delivery buffer has a place for each of its outputs.
///
/// Drain. SDP takes an output every `sdp_interval` cycles, when the operands for it are there.
class ConvolutionTick {
 public:
  ConvolutionTick(const ConvolutionMachine& machine, const ReadMemory& memory,
                  std::vector<ConvolutionStep> layers);

  /// One clock cycle; only while !done().
  void tick();
  /// The interrupt of the last layer is raised.
  bool done() const;
  const std::vector<ConvolutionCounts>& counts() const { return counts_; }

 private:
  enum Client : std::size_t { kWeights = 0, kData = 1, kOperand = 2, kClients = 5 };
  struct Request {
    std::size_t client = 0;
    Cycle since = 0;
  };
  struct Fetch {  // of data and weights: the layer being read
    std::size_t layer = 0;
    std::uint64_t weights_asked = 0;
    std::uint64_t weights = 0;  // accepted by the memory
    std::uint64_t data_asked = 0;
    std::uint64_t data = 0;
    Cycle last_read = -kNever;  // of the layers before
    std::deque<Cycle> in_flight;
    std::size_t block = 0;  // of data
    std::uint64_t in_block = 0;
    Cycle block_since = 0;
    std::deque<Cycle> last_data;  // the last four
  };
  struct Operands {  // of a stage: the layer being read
    std::size_t layer = 0;
    std::uint64_t asked = 0;
    std::deque<Cycle> in_flight;
    std::deque<Cycle> usable;  // from then on
    std::uint64_t here = 0;
    std::uint64_t freed = 0;
    std::deque<std::pair<Cycle, std::uint64_t>> freeing;  // then so many are used up
    Cycle open = -kNever;
    Cycle assembled = -kNever;  // the beats of the next output
  };
  struct Ready {  // of a layer: from when on its contents can be used
    Cycle data = kNever;
    std::vector<Cycle> weights;  // of each group
  };
  struct Delivery {
    std::size_t layer = 0;
    std::uint32_t outputs = 0;
    Cycle since = 0;
    std::uint32_t taken = 0;
  };

  const ConvolutionWork& work(std::size_t layer) const { return layers_[layer].work; }
  Cycle enabled(std::size_t layer) const;
  Cycle fetch_base() const;
  Cycle after_bank_change(Cycle base, bool changed) const;
  bool weights_wanted() const;
  bool data_wanted() const;
  bool operands_wanted(const Operands& o, std::size_t stage) const;
  bool wanted(std::size_t client) const;
  void ask(std::size_t client);
  void ask_data();
  void arbitrate();
  void accept();
  void accept_weights();
  void accept_data();
  void accept_operand(std::size_t stage);
  void next_fetch();
  void return_beats();
  bool operands_here(const Delivery& d) const;
  void drain();
  void take(Delivery& d);
  void take_operands(Operands& o, std::size_t stage, std::size_t layer);
  void end_outputs();
  void next_operands(Operands& o, std::size_t stage);
  void sequence();
  Cycle* cause_of_wait();
  bool group_starts();
  bool issue();
  void end_channel_operation(std::uint32_t length);
  void end_group();

  const ConvolutionMachine machine_;
  const ReadMemory memory_;
  const std::vector<ConvolutionStep> layers_;
  std::vector<ConvolutionCounts> counts_;
  std::vector<Ready> ready_;
  Cycle now_ = times::kOperands;

  std::deque<Request> pipe_;
  std::size_t served_ = kWeights;
  Cycle memory_free_ = -kNever;
  Fetch fetch_;
  std::array<Operands, 3> operands_;
  std::uint64_t weights_held_ = 0;  // beats asked for and not released
  std::uint64_t data_held_ = 0;     // entries of layers read before
  std::deque<std::pair<Cycle, std::uint64_t>> weights_released_;
  std::deque<std::pair<Cycle, std::uint64_t>> data_released_;

  std::size_t layer_ = 0;  // of the sequencer
  std::size_t group_ = 0;
  std::size_t stripe_ = 0;
  std::uint64_t step_ = 0;
  bool started_ = false;                  // the group
  Cycle group_from_ = -kNever;            // not before
  std::uint32_t busy_left_ = 0;           // of the current step
  std::uint32_t cycles_left_ = 0;         // of the current step
  ConvolutionCounts* counted_ = nullptr;  // its layer
  std::uint32_t credits_ = 0;
  std::uint32_t credits_next_ = 0;  // from the next cycle on

  std::deque<Delivery> deliveries_;
  std::uint64_t outputs_ = 0;  // of its layer that SDP took
  Cycle sdp_free_ = -kNever;
  Cycle pdp_free_ = -kNever;
  std::size_t finished_ = 0;  // layers
};

}  // namespace sim::dnnguard
