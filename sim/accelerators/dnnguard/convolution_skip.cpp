#include "sim/accelerators/dnnguard/convolution_skip.h"

#include <algorithm>
#include <deque>

#include "sim/accelerators/dnnguard/fetch_skip.h"
#include "sim/base/check.h"

namespace sim::dnnguard {
namespace {

class Skip {
 public:
  Skip(const ConvolutionMachine& machine, const ReadMemory& memory,
       const std::vector<ConvolutionStep>& layers)
      : machine_(machine),
        layers_(layers),
        counts_(layers.size()),
        fetch_(machine, memory, layers, counts_) {
    credits_.push_back({.count = machine.delivery_depth()});
    for (std::size_t i = 0; i < layers.size(); ++i) counts_[i].writes = layers[i].work.writes;
  }

  std::vector<ConvolutionCounts> run() {
    while (finished_ < layers_.size()) step();
    if (!counts_.empty()) counts_.back().idle += counts_.back().interrupt - free_from_;
    return std::move(counts_);
  }

 private:
  struct Delivery {
    std::size_t layer = 0;
    std::uint32_t outputs = 0;
    Cycle since = 0;
    std::uint32_t taken = 0;
  };
  struct Credits {  // that come evenly spaced
    Cycle first = -kNever;
    Cycle step = 0;
    std::uint64_t count = 0;
  };

  const ConvolutionWork& work() const { return layers_[layer_].work; }
  void step();
  Cycle next_channel_operation();
  Cycle group_start() const;
  void start_group(Cycle start);
  Cycle credits_here(std::uint64_t count) const;
  void channel_operation(Cycle last_step);
  void end_group(Cycle last_step, std::uint32_t length, Cycle cycles);
  Cycle next_output() const;
  Cycle outputs_end(Cycle from) const;
  void take_outputs(Cycle at);
  void take_outputs(std::size_t layer, std::uint32_t count, Cycle at);
  void end_outputs();

  const ConvolutionMachine& machine_;
  const std::vector<ConvolutionStep>& layers_;
  std::vector<ConvolutionCounts> counts_;
  FetchSkip fetch_;

  std::size_t layer_ = 0;  // of the sequencer
  std::size_t group_ = 0;
  std::size_t stripe_ = 0;
  bool started_ = false;        // the group
  Cycle free_from_ = 0;         // end of the channel operation before
  Cycle group_from_ = -kNever;  // not before
  std::deque<Credits> credits_;

  std::deque<Delivery> deliveries_;
  std::uint64_t outputs_ = 0;  // of its layer that SDP took
  Cycle sdp_free_ = -kNever;
  Cycle pdp_free_ = -kNever;
  std::size_t finished_ = 0;  // layers
};

/// The first of the next events of reads, sequencer and SDP. What one does to another shows at
/// least a cycle later.
void Skip::step() {
  const Cycle operation = next_channel_operation();
  const Cycle output = next_output();
  const Cycle other = std::min(operation, output);
  const Cycle read = fetch_.next();
  SIM_CHECK(std::min(read, other) < kNever, "convolution layers wait for each other");
  if (read < other) {
    fetch_.advance(other, outputs_end(other));
  } else if (output <= operation) {
    take_outputs(output);
  } else {
    channel_operation(operation);
  }
}

/// The last step of the next channel operation; kNever while something is missing.
Cycle Skip::next_channel_operation() {
  if (layer_ == layers_.size()) return kNever;
  if (!started_) {
    const Cycle start = group_start();
    if (start >= kNever) return kNever;
    start_group(start);
  }
  const std::uint32_t length = work().stripes[stripe_];
  const Cycle cycles = std::max(length, machine_.weight_port_cycles());
  return std::max(free_from_ + static_cast<Cycle>(work().steps - 1) * cycles, credits_here(length));
}

Cycle Skip::group_start() const {
  return std::max({free_from_, group_from_, fetch_.enabled(layer_), fetch_.data_ready(layer_),
                   fetch_.weights_ready(layer_, group_)});
}

/// Counts what was waited for, the first cause of each cycle.
void Skip::start_group(Cycle start) {
  ConvolutionCounts& counts = counts_[layer_];
  const auto until = [&](Cycle time, Cycle& cause) {
    const Cycle end = std::clamp(time, free_from_, start);
    cause += end - free_from_;
    free_from_ = end;
  };
  until(fetch_.enabled(layer_), counts.idle);
  until(fetch_.data_ready(layer_), counts.data_stalls);
  until(fetch_.weights_ready(layer_, group_), counts.weight_stalls);
  until(start, counts.idle);
  if (group_ == 0) counts.first_stripe = start;
  started_ = true;
}

Cycle Skip::credits_here(std::uint64_t count) const {
  for (const Credits& run : credits_) {
    if (count <= run.count) return run.first + static_cast<Cycle>(count - 1) * run.step;
    count -= run.count;
  }
  return kNever;
}

void Skip::channel_operation(Cycle last_step) {
  ConvolutionCounts& counts = counts_[layer_];
  const std::uint32_t length = work().stripes[stripe_];
  const Cycle cycles = std::max(length, machine_.weight_port_cycles());
  const Cycle steps = static_cast<Cycle>(work().steps);
  counts.credit_stalls += last_step - (free_from_ + (steps - 1) * cycles);
  counts.busy += steps * length;
  counts.weight_port += steps * (cycles - length);
  free_from_ = last_step + cycles;
  for (std::uint64_t left = length; left > 0;) {
    Credits& run = credits_.front();
    const std::uint64_t taken = std::min(left, run.count);
    left -= taken;
    run.first += static_cast<Cycle>(taken) * run.step;
    run.count -= taken;
    if (run.count == 0) credits_.pop_front();
  }
  deliveries_.push_back({.layer = layer_, .outputs = length, .since = last_step, .taken = 0});
  if (++stripe_ == work().stripes.size()) end_group(last_step, length, cycles);
}

void Skip::end_group(Cycle last_step, std::uint32_t length, Cycle cycles) {
  stripe_ = 0;
  started_ = false;
  if (!work().keep_weights)
    fetch_.release_weights(free_from_ + times::kRelease, work().group_beats(group_));
  if (++group_ < work().group_end.size()) return;
  group_ = 0;
  ConvolutionCounts& counts = counts_[layer_];
  counts.weight_port -= cycles - length;  // nothing follows
  free_from_ = counts.last_stripe_end = last_step + length;
  if (!work().keep_data) fetch_.release_data(free_from_ + times::kRelease, work().data_entries);
  fetch_.stripes_ended();
  if (++layer_ < layers_.size()) group_from_ = free_from_ + times::kLayerGap + work().group_load[0];
}

/// When SDP takes the next output; kNever while its operands are not even asked for.
Cycle Skip::next_output() const {
  if (deliveries_.empty()) return kNever;
  const Delivery& d = deliveries_.front();
  Cycle at = std::max(d.since + times::kAccumulator + machine_.sdp_interval() + d.taken, sdp_free_);
  for (const OperandSkip& stage : fetch_.operands())
    at = std::max(at, stage.usable(d.layer, outputs_));
  return std::min(at, kNever);
}

/// When SDP is at the end of its layer at the earliest, if it takes nothing before `from`.
Cycle Skip::outputs_end(Cycle from) const {
  if (from >= kNever) return kNever;
  const auto left = static_cast<Cycle>(layers_[finished_].work.outputs() - outputs_);
  return from + (left - 1) * machine_.sdp_interval();
}

/// What is known of a stripe: all of it, or the outputs whose own operands have been asked for.
void Skip::take_outputs(Cycle at) {
  const std::size_t layer = deliveries_.front().layer;
  const bool own_operands =
      std::ranges::any_of(layers_[layer].work.operands,
                          [](const OperandWork& o) { return o.beats > 0 && o.step_outputs == 1; });
  for (bool more = true; more && at < kNever; at = next_output()) {
    Delivery& d = deliveries_.front();
    const std::uint32_t count = own_operands ? 1 : d.outputs;
    d.taken += count;
    more = d.taken < d.outputs;
    if (!more) deliveries_.pop_front();
    take_outputs(layer, count, at);
  }
}

void Skip::take_outputs(std::size_t layer, std::uint32_t count, Cycle at) {
  const ConvolutionWork& w = layers_[layer].work;
  ConvolutionCounts& counts = counts_[layer];
  const Cycle interval = machine_.sdp_interval();
  // The slower of SDP and PDP sets the pace; what SDP has passed on waits in front of PDP.
  const auto taken = [&](std::uint64_t output) {
    const auto before = static_cast<Cycle>(output - outputs_);
    const Cycle sdp = at + before * std::max(interval, w.pool_interval);
    return w.pool_interval == 0 ? sdp : std::max(sdp, pdp_free_ + before * w.pool_interval);
  };
  const auto among = [&](std::uint64_t output) {
    return output >= outputs_ && output < outputs_ + count;
  };
  if (among(w.first_written)) counts.first_write = taken(w.first_written) + times::kSdp + w.delay;
  if (among(w.last_written)) counts.last_write = taken(w.last_written) + times::kSdp + w.last_delay;
  credits_.push_back({.first = at + 1, .step = interval, .count = count});
  pdp_free_ = taken(outputs_ + count - 1) + w.pool_interval;
  const Cycle last = at + (count - 1) * interval;
  sdp_free_ = last + interval;
  counts.interrupt = std::max(counts.last_write, last + times::kSdp + w.delay) + times::kInterrupt;
  outputs_ += count;
  const bool end = outputs_ == w.outputs();
  for (OperandSkip& stage : fetch_.operands()) stage.take(last, layer, outputs_, end);
  if (end) end_outputs();
}

void Skip::end_outputs() {
  sdp_free_ += times::kSdpSwitch;
  outputs_ = 0;
  ++finished_;
  fetch_.outputs_ended();
}

}  // namespace

std::vector<ConvolutionCounts> convolution_skip(const ConvolutionMachine& machine,
                                                const ReadMemory& memory,
                                                const std::vector<ConvolutionStep>& layers) {
  const std::vector<ConvolutionStep> all = linked(layers);
  return Skip(machine, memory, all).run();
}

}  // namespace sim::dnnguard
