#include "sim/accelerators/dnnguard/convolution_tick.h"

#include <algorithm>

namespace sim::dnnguard {

ConvolutionTick::ConvolutionTick(const ConvolutionMachine& machine, const ReadMemory& memory,
                                 std::vector<ConvolutionStep> layers)
    : machine_(machine),
      memory_(memory),
      layers_(linked(std::move(layers))),
      counts_(layers_.size()),
      ready_(layers_.size()),
      credits_(machine.delivery_depth()) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const ConvolutionWork& w = work(i);
    ready_[i].weights.assign(w.group_end.size(), w.reuse_weights ? -kNever : kNever);
    if (w.data_beats == 0) ready_[i].data = -kNever;
    counts_[i].writes = w.writes;
  }
  for (std::size_t stage = 0; stage < operands_.size(); ++stage) {
    const bool none = !layers_.empty() && work(0).operands[stage].beats == 0;
    if (none) next_operands(operands_[stage], stage);
  }
  next_fetch();
}

bool ConvolutionTick::done() const {
  return finished_ == layers_.size() && (layers_.empty() || now_ >= counts_.back().interrupt);
}

void ConvolutionTick::tick() {
  credits_ += credits_next_;
  credits_next_ = 0;
  return_beats();
  drain();
  sequence();
  accept();
  arbitrate();
  ++now_;
}

/// A unit has two register groups: a layer's is free when the layer before the last is done.
Cycle ConvolutionTick::enabled(std::size_t layer) const {
  if (layer < 2) return layers_[layer].enabled;
  if (finished_ < layer - 1) return kNever;
  return std::max(layers_[layer].enabled, counts_[layer - 2].interrupt);
}

void ConvolutionTick::drain() {
  if (deliveries_.empty()) return;
  Delivery& d = deliveries_.front();
  const Cycle there = d.since + times::kAccumulator + machine_.sdp_interval() + d.taken;
  if (now_ < there || now_ < sdp_free_ || !operands_here(d)) return;
  take(d);
  if (d.taken == d.outputs) deliveries_.pop_front();
}

bool ConvolutionTick::operands_here(const Delivery& d) const {
  for (std::size_t stage = 0; stage < operands_.size(); ++stage) {
    const OperandWork& o = work(d.layer).operands[stage];
    if (o.beats == 0) continue;
    const Operands& here = operands_[stage];
    if (here.layer != d.layer || here.here < o.needed(outputs_) || now_ < here.assembled)
      return false;
  }
  return true;
}

void ConvolutionTick::take(Delivery& d) {
  ConvolutionCounts& counts = counts_[d.layer];
  const ConvolutionWork& w = work(d.layer);
  // What SDP has passed on waits in front of PDP.
  const Cycle pooled = w.pool_interval == 0 ? now_ : std::max(now_, pdp_free_);
  pdp_free_ = pooled + w.pool_interval;
  if (outputs_ == w.first_written) counts.first_write = pooled + times::kSdp + w.delay;
  if (outputs_ == w.last_written) counts.last_write = pooled + times::kSdp + w.last_delay;
  counts.interrupt = std::max(counts.last_write, now_ + times::kSdp + w.delay) + times::kInterrupt;
  sdp_free_ = now_ + machine_.sdp_interval();
  ++credits_next_;
  ++d.taken;
  ++outputs_;
  for (std::size_t stage = 0; stage < operands_.size(); ++stage)
    take_operands(operands_[stage], stage, d.layer);
  if (outputs_ == w.outputs()) end_outputs();
}

void ConvolutionTick::take_operands(Operands& o, std::size_t stage, std::size_t layer) {
  const OperandWork& operands = work(layer).operands[stage];
  if (operands.beats == 0) return;
  o.assembled = std::max(o.assembled + operands.assembly(), now_);
  o.freeing.emplace_back(now_ + times::kOperandTaken, operands.finished(outputs_));
  if (outputs_ == work(layer).outputs()) next_operands(o, stage);
}

void ConvolutionTick::end_outputs() {
  sdp_free_ += times::kSdpSwitch;
  outputs_ = 0;
  ++finished_;
}

void ConvolutionTick::next_operands(Operands& o, std::size_t stage) {
  const std::size_t from = o.layer + 1;
  o = {};
  o.layer = from;
  o.open = now_ + 1;
  while (o.layer < layers_.size() && work(o.layer).operands[stage].beats == 0) ++o.layer;
}

void ConvolutionTick::sequence() {
  if (cycles_left_ == 0 && !issue()) return;
  if (counted_ != nullptr) ++(busy_left_ > 0 ? counted_->busy : counted_->weight_port);
  busy_left_ -= busy_left_ > 0;
  --cycles_left_;
}

/// One step, or the cause why not is counted.
bool ConvolutionTick::issue() {
  if (layer_ == layers_.size()) {
    counts_.back().idle += now_ < counts_.back().interrupt || finished_ < layers_.size();
    return false;
  }
  ConvolutionCounts& counts = counts_[layer_];
  if (!started_ && !group_starts()) return false;
  const ConvolutionWork& w = work(layer_);
  const std::uint32_t length = w.stripes[stripe_];
  const bool last = step_ + 1 == w.steps;
  if (last && credits_ < length) {
    ++counts.credit_stalls;
    return false;
  }
  counted_ = &counts;
  busy_left_ = length;
  cycles_left_ = std::max(length, machine_.weight_port_cycles());
  ++step_;
  if (last) end_channel_operation(length);
  return true;
}

/// The counter of what the group waits for, if it does.
Cycle* ConvolutionTick::cause_of_wait() {
  ConvolutionCounts& counts = counts_[layer_];
  if (now_ < enabled(layer_)) return &counts.idle;
  if (now_ < ready_[layer_].data) return &counts.data_stalls;
  if (now_ < ready_[layer_].weights[group_]) return &counts.weight_stalls;
  return now_ < group_from_ ? &counts.idle : nullptr;
}

bool ConvolutionTick::group_starts() {
  if (Cycle* cause = cause_of_wait(); cause != nullptr) {
    *cause += now_ >= 0;
    return false;
  }
  if (group_ == 0) counts_[layer_].first_stripe = now_;
  return started_ = true;
}

void ConvolutionTick::end_channel_operation(std::uint32_t length) {
  credits_ -= length;
  deliveries_.push_back({.layer = layer_, .outputs = length, .since = now_, .taken = 0});
  step_ = 0;
  if (++stripe_ == work(layer_).stripes.size()) end_group();
}

void ConvolutionTick::end_group() {
  const ConvolutionWork& w = work(layer_);
  stripe_ = 0;
  started_ = false;
  const Cycle free = now_ + cycles_left_ + times::kRelease;
  if (!w.keep_weights) weights_released_.emplace_back(free, w.group_beats(group_));
  if (++group_ < w.group_end.size()) return;
  group_ = 0;
  cycles_left_ = busy_left_;
  counts_[layer_].last_stripe_end = now_ + cycles_left_;
  if (!w.keep_data)
    data_released_.emplace_back(now_ + cycles_left_ + times::kRelease, w.data_entries);
  if (++layer_ == layers_.size()) return;
  group_from_ = now_ + cycles_left_ + times::kLayerGap + work(layer_).group_load[0];
}

}  // namespace sim::dnnguard
