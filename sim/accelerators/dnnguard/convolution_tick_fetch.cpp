#include <algorithm>

#include "sim/accelerators/dnnguard/convolution_tick.h"

namespace sim::dnnguard {

/// The first request of the layer being read, if its banks stay as they are.
Cycle ConvolutionTick::fetch_base() const {
  const Cycle enable = enabled(fetch_.layer);
  if (fetch_.layer == 0) return enable + times::kFirstWeights;
  return std::max(enable + times::kLaterWeights,
                  fetch_.last_read + memory_.latency + times::kNextFetch);
}

Cycle ConvolutionTick::after_bank_change(Cycle base, bool changed) const {
  if (!changed) return base;
  if (layer_ < fetch_.layer) return kNever;
  return std::max(base, counts_[fetch_.layer - 1].last_stripe_end + times::kBankChange);
}

bool ConvolutionTick::weights_wanted() const {
  if (fetch_.layer == layers_.size()) return false;
  const ConvolutionWork& w = work(fetch_.layer);
  if (fetch_.weights_asked == w.fetched_weights() || weights_held_ >= w.weight_capacity ||
      fetch_.in_flight.size() >= times::kFetchesInFlight)
    return false;
  const bool changed = fetch_.layer > 0 && (work(fetch_.layer - 1).weight_banks != w.weight_banks ||
                                            work(fetch_.layer - 1).data_banks != w.data_banks);
  return now_ >= after_bank_change(fetch_base(), changed);
}

bool ConvolutionTick::data_wanted() const {
  if (fetch_.layer == layers_.size()) return false;
  const ConvolutionWork& w = work(fetch_.layer);
  if (fetch_.data_asked == w.data_beats || fetch_.in_flight.size() >= times::kFetchesInFlight)
    return false;
  if ((fetch_.data_asked + 1) * w.data_entries > (w.data_capacity - data_held_) * w.data_beats)
    return false;
  if (!w.blocks.empty() && fetch_.in_block == 0 && now_ < fetch_.block_since) return false;
  const bool changed = fetch_.layer > 0 && work(fetch_.layer - 1).data_banks != w.data_banks;
  return now_ >= after_bank_change(fetch_base(), changed) + w.data_lead;
}

bool ConvolutionTick::operands_wanted(const Operands& o, std::size_t stage) const {
  if (o.layer >= layers_.size()) return false;
  const OperandWork& w = work(o.layer).operands[stage];
  return o.asked < w.beats && o.asked - o.freed < w.capacity &&
         o.in_flight.size() < machine_.operand_beats &&
         now_ >= std::max(o.open, enabled(o.layer) + times::kOperands);
}

bool ConvolutionTick::wanted(std::size_t client) const {
  if (client == kWeights) return weights_wanted();
  if (client == kData) return data_wanted();
  return operands_wanted(operands_[client - kOperand], client - kOperand);
}

void ConvolutionTick::arbitrate() {
  if (pipe_.size() == times::kReadPipeDepth) return;
  for (std::size_t turn = 1; turn <= kClients; ++turn) {
    const std::size_t client = (served_ + turn) % kClients;
    if (!wanted(client)) continue;
    served_ = client;
    ask(client);
    pipe_.push_back({.client = client, .since = now_});
    return;
  }
}

/// A beat counts as in flight until the memory has accepted it, and then for a known time.
void ConvolutionTick::ask(std::size_t client) {
  if (client >= kOperand) {
    Operands& o = operands_[client - kOperand];
    ++o.asked;
    o.in_flight.push_back(kNever);
    return;
  }
  fetch_.in_flight.push_back(kNever);
  if (client == kData) return ask_data();
  ++fetch_.weights_asked;
  ++weights_held_;
}

void ConvolutionTick::ask_data() {
  ++fetch_.data_asked;
  const std::vector<DataBlock>& blocks = work(fetch_.layer).blocks;
  if (blocks.empty()) return;
  if (fetch_.in_block++ == 0) fetch_.block_since = now_ + blocks[fetch_.block].cycles;
  if (fetch_.in_block < blocks[fetch_.block].beats) return;
  fetch_.in_block = 0;
  fetch_.block = (fetch_.block + 1) % blocks.size();
}

void ConvolutionTick::accept() {
  if (pipe_.empty() || now_ < memory_free_ || now_ < pipe_.front().since + times::kReadPipe) return;
  const std::size_t client = pipe_.front().client;
  pipe_.pop_front();
  memory_free_ = now_ + memory_.interval(machine_.geometry.beat_bytes);
  if (client >= kOperand) return accept_operand(client - kOperand);
  *std::ranges::find(fetch_.in_flight, kNever) = now_ + memory_.latency + times::kFetchReturn;
  if (client == kWeights) {
    accept_weights();
  } else {
    accept_data();
  }
  next_fetch();
}

void ConvolutionTick::accept_weights() {
  const ConvolutionWork& w = work(fetch_.layer);
  counts_[fetch_.layer].weights.add(now_);
  ++fetch_.weights;
  for (std::size_t g = 0; g < w.group_end.size(); ++g) {
    const bool complete = w.group_end[g] == fetch_.weights;
    if (complete) ready_[fetch_.layer].weights[g] = now_ + memory_.latency + w.group_load[g];
  }
}

void ConvolutionTick::accept_data() {
  const ConvolutionWork& w = work(fetch_.layer);
  counts_[fetch_.layer].data.add(now_);
  fetch_.last_data.push_back(now_);
  if (fetch_.last_data.size() > 4) fetch_.last_data.pop_front();
  if (++fetch_.data < w.data_beats) return;
  Cycle end = now_;
  if (w.slow_end && fetch_.last_data.size() == 4)
    end = std::max(end, fetch_.last_data.front() + times::kLastBeats);
  ready_[fetch_.layer].data = end + memory_.latency + w.group_load[0] +
                              (w.pixels ? times::kPixelsReady : times::kCubeReady);
}

void ConvolutionTick::accept_operand(std::size_t stage) {
  Operands& o = operands_[stage];
  counts_[o.layer].operands[stage].add(now_);
  *std::ranges::find(o.in_flight, kNever) = now_ + memory_.latency + times::kOperandReturn;
  const Cycle wait = memory_.latency + machine_.sdp_interval() + times::kOperandUse;
  o.usable.push_back(now_ + std::max<Cycle>(1, wait));
}

/// On to the next layer once all of one is read.
void ConvolutionTick::next_fetch() {
  while (fetch_.layer < layers_.size()) {
    const ConvolutionWork& w = work(fetch_.layer);
    if (fetch_.weights < w.fetched_weights() || fetch_.data < w.data_beats) return;
    if (fetch_.weights + fetch_.data > 0) fetch_.last_read = now_;
    if (w.data_beats > 0) data_held_ += w.data_entries;
    Fetch next;
    next.layer = fetch_.layer + 1;
    next.last_read = fetch_.last_read;
    next.in_flight = std::move(fetch_.in_flight);
    fetch_ = std::move(next);
  }
}

void ConvolutionTick::return_beats() {
  const auto returned = [&](std::deque<Cycle>& queue) {
    while (!queue.empty() && queue.front() <= now_) queue.pop_front();
  };
  returned(fetch_.in_flight);
  for (Operands& o : operands_) {
    returned(o.in_flight);
    for (; !o.usable.empty() && o.usable.front() <= now_; o.usable.pop_front()) ++o.here;
    for (; !o.freeing.empty() && o.freeing.front().first <= now_; o.freeing.pop_front())
      o.freed = o.freeing.front().second;
  }
  for (; !weights_released_.empty() && weights_released_.front().first <= now_;
       weights_released_.pop_front())
    weights_held_ -= weights_released_.front().second;
  for (; !data_released_.empty() && data_released_.front().first <= now_;
       data_released_.pop_front())
    data_held_ -= data_released_.front().second;
}

}  // namespace sim::dnnguard
