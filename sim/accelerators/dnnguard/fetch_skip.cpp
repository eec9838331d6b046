#include "sim/accelerators/dnnguard/fetch_skip.h"

#include <algorithm>

namespace sim::dnnguard {

FetchSkip::FetchSkip(const ConvolutionMachine& machine, const ReadMemory& memory,
                     const std::vector<ConvolutionStep>& layers,
                     std::vector<ConvolutionCounts>& counts)
    : machine_(machine),
      layers_(layers),
      counts_(counts),
      latency_(memory.latency),
      interval_(memory.interval(machine.geometry.beat_bytes)),
      limited_(latency_ + times::kFetchReturn >
               interval_ * Cycle{times::kFetchesInFlight - times::kReadPipeDepth}),
      operands_{OperandSkip(machine, memory, layers, 0), OperandSkip(machine, memory, layers, 1),
                OperandSkip(machine, memory, layers, 2)} {
  accepted_.fill(-kNever);
  for (const ConvolutionStep& step : layers_) {
    const ConvolutionWork& w = step.work;
    data_ready_.push_back(w.data_beats == 0 ? -kNever : kNever);
    weights_ready_.emplace_back(w.group_end.size(), w.reuse_weights ? -kNever : kNever);
  }
  next_layer();
}

Cycle FetchSkip::enabled(std::size_t layer) const {
  if (layer < 2) return layers_[layer].enabled;
  if (outputs_ended_ < layer - 1) return kNever;
  return std::max(layers_[layer].enabled, counts_[layer - 2].interrupt);
}

Cycle FetchSkip::earliest() const { return std::max(asked_ + 1, accepted_.front()); }

Cycle FetchSkip::base() const {
  if (layer_ == 0) return enabled(0) + times::kFirstWeights;
  return std::max(enabled(layer_) + times::kLaterWeights,
                  last_read_ + latency_ + times::kNextFetch);
}

Cycle FetchSkip::after_bank_change(Cycle base, bool changed) const {
  if (!changed) return base;
  if (stripes_ended_ < layer_) return kNever;
  return std::max(base, counts_[layer_ - 1].last_stripe_end + times::kBankChange);
}

std::uint64_t FetchSkip::weight_room() const {
  return work().weight_capacity - std::min(work().weight_capacity, weights_held_);
}

/// Beats of the whole input that fit beside what earlier layers hold.
std::uint64_t FetchSkip::data_room(std::uint64_t held) const {
  if (work().data_entries == 0) return work().data_beats;
  const std::uint64_t entries = work().data_capacity - std::min(work().data_capacity, held);
  return std::min(work().data_beats, entries * work().data_beats / work().data_entries);
}

/// From when on the layer may be read, once that is known.
void FetchSkip::open() {
  if (layer_ == layers_.size() || std::max(weights_from_, data_from_) < kNever) return;
  const ConvolutionWork& before = layers_[layer_ == 0 ? 0 : layer_ - 1].work;
  const bool data_banks = before.data_banks != work().data_banks;
  const bool banks = data_banks || before.weight_banks != work().weight_banks;
  const Cycle from = base();
  weights_from_ = after_bank_change(from, banks);
  data_from_ = after_bank_change(from, data_banks) + work().data_lead;
}

Cycle FetchSkip::weights_wanted(Cycle from) const {
  if (layer_ == layers_.size() || weights_ == work().fetched_weights()) return kNever;
  Cycle at = std::max(from, weights_from_);
  std::uint64_t held = weights_held_;
  for (const auto& [when, beats] : weights_released_) {
    if (held < work().weight_capacity) break;
    at = std::max(at, when);
    held -= beats;
  }
  if (held >= work().weight_capacity) return kNever;
  if (limited_ && returns_.size() == times::kFetchesInFlight) at = std::max(at, returns_.front());
  return at;
}

Cycle FetchSkip::data_wanted(Cycle from) const {
  if (layer_ == layers_.size() || data_ == work().data_beats) return kNever;
  Cycle at = std::max(from, data_from_);
  if (in_block_ == 0) at = std::max(at, block_until_);
  std::uint64_t held = data_held_;
  for (const auto& [when, entries] : data_released_) {
    if (data_ < data_room(held)) break;
    at = std::max(at, when);
    held -= entries;
  }
  if (data_ >= data_room(held)) return kNever;
  if (limited_ && returns_.size() == times::kFetchesInFlight) at = std::max(at, returns_.front());
  return at;
}

/// When each client asks next.
void FetchSkip::look() {
  const Cycle from = earliest();
  const auto apply = [&](auto& released, std::uint64_t& held) {
    for (; !released.empty() && released.front().first <= from; released.pop_front())
      held -= released.front().second;
  };
  apply(weights_released_, weights_held_);
  apply(data_released_, data_held_);
  open();
  wanted_[kWeights] = weights_wanted(from);
  wanted_[kData] = data_wanted(from);
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const OperandSkip& stage = operands_[i];
    wanted_[kOperand + i] = stage.over() ? kNever : stage.ready(from, enabled(stage.layer()));
  }
  for (Cycle& wanted : wanted_) wanted = std::min(wanted, kNever);
  at_ = *std::ranges::min_element(wanted_);
}

Cycle FetchSkip::next() {
  look();
  return at_;
}

void FetchSkip::advance(Cycle horizon, Cycle outputs_end) {
  const Run many = run(horizon, outputs_end);
  if (many.weights + many.data > 0) return make(many);
  std::size_t client = served_;
  do client = (client + 1) % kClients;
  while (wanted_[client] > at_);
  ask(client);
  if (client >= kOperand) ask_more(client, horizon);
}

/// Operands that follow before anything else happens, be it by the first of them.
void FetchSkip::ask_more(std::size_t client, Cycle horizon) {
  OperandSkip& stage = operands_[client - kOperand];
  Cycle until = std::min(horizon, accepted_.back() + stage.usable_after());
  for (std::size_t other = 0; other < kClients; ++other)
    if (other != client) until = std::min(until, wanted_[other]);
  const Cycle enable = stage.over() ? kNever : enabled(stage.layer());
  for (;;) {
    at_ = stage.ready(earliest(), enable);
    if (at_ >= until) return;
    ask(client);
  }
}

void FetchSkip::ask(std::size_t client) {
  served_ = client;
  asked_ = at_;
  const Cycle accepted = std::max(at_ + times::kReadPipe, accepted_.back() + interval_);
  std::rotate(accepted_.begin(), accepted_.begin() + 1, accepted_.end());
  accepted_.back() = accepted;
  if (client >= kOperand) {
    OperandSkip& stage = operands_[client - kOperand];
    counts_[stage.layer()].operands[client - kOperand].add(accepted);
    return stage.ask(accepted);
  }
  if (limited_) {
    returns_.push_back(accepted + latency_ + times::kFetchReturn);
    if (returns_.size() > times::kFetchesInFlight) returns_.pop_front();
  }
  if (client == kWeights) {
    ask_weights(accepted, 1, 0);
  } else {
    ask_data(at_, accepted, 1, 0);
  }
  next_layer();
}

void FetchSkip::ask_weights(Cycle first, std::uint64_t count, Cycle step) {
  const auto accepted = [&](std::uint64_t i) { return first + static_cast<Cycle>(i) * step; };
  counts_[layer_].weights.add(first, count, accepted(count - 1));
  const std::vector<std::uint64_t>& ends = work().group_end;
  for (; group_ < ends.size() && ends[group_] <= weights_ + count; ++group_) {
    const Cycle last = accepted(ends[group_] - weights_ - 1);
    weights_ready_[layer_][group_] = last + latency_ + work().group_load[group_];
  }
  weights_ += count;
  weights_held_ += count;
}

void FetchSkip::ask_data(Cycle asked, Cycle accepted, std::uint64_t count, Cycle step) {
  const Cycle last = accepted + static_cast<Cycle>(count - 1) * step;
  counts_[layer_].data.add(accepted, count, last);
  for (std::uint64_t i = std::min<std::uint64_t>(count, 4); i-- > 0;)
    last_data_.push_back(last - static_cast<Cycle>(i) * step);
  while (last_data_.size() > 4) last_data_.pop_front();
  pass_blocks(asked, count, step);
  data_ += count;
  if (data_ == work().data_beats) finish_data();
}

/// The place in the blocks of a line after so many more beats.
void FetchSkip::pass_blocks(Cycle asked, std::uint64_t count, Cycle step) {
  const std::vector<DataBlock>& blocks = work().blocks;
  if (blocks.empty()) return;
  std::uint64_t line = 0;
  for (const DataBlock& block : blocks) line += block.beats;
  for (std::uint64_t done = 0; done < count;) {
    if (in_block_ == 0 && block_ == 0) done += (count - done - 1) / line * line;
    const DataBlock& block = blocks[block_];
    if (in_block_ == 0) block_until_ = asked + static_cast<Cycle>(done) * step + block.cycles;
    const std::uint64_t taken = std::min(count - done, block.beats - in_block_);
    done += taken;
    in_block_ += taken;
    if (in_block_ < block.beats) continue;
    in_block_ = 0;
    block_ = (block_ + 1) % blocks.size();
  }
}

void FetchSkip::finish_data() {
  Cycle end = last_data_.back();
  if (work().slow_end && last_data_.size() == 4)
    end = std::max(end, last_data_.front() + times::kLastBeats);
  data_ready_[layer_] = end + latency_ + work().group_load[0] +
                        (work().pixels ? times::kPixelsReady : times::kCubeReady);
}

void FetchSkip::next_layer() {
  while (layer_ < layers_.size() && weights_ == work().fetched_weights() &&
         data_ == work().data_beats) {
    if (weights_ + data_ > 0) last_read_ = accepted_.back();
    if (data_ > 0) data_held_ += work().data_entries;
    ++layer_;
    weights_ = data_ = in_block_ = 0;
    group_ = block_ = 0;
    block_until_ = 0;
    weights_from_ = data_from_ = kNever;
    last_data_.clear();
  }
}

}  // namespace sim::dnnguard
