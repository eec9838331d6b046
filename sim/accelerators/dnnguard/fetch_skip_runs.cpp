#include <algorithm>

#include "sim/accelerators/dnnguard/fetch_skip.h"

namespace sim::dnnguard {

/// Requests follow each other at the pace of the memory, and go on so.
bool FetchSkip::steady() const {
  if (limited_ || asked_ >= accepted_.front() || at_ != accepted_.front()) return false;
  for (std::size_t i = 1; i < accepted_.size(); ++i)
    if (accepted_[i] != accepted_[i - 1] + interval_) return false;
  return true;
}

/// Operands of the layer being read, or one before, for which outputs must leave first.
bool FetchSkip::operands_wait() const {
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const OperandSkip& stage = operands_[i];
    const bool here = !stage.all_asked() && stage.layer() <= layer_;
    if (here && wanted_[kOperand + i] == kNever) return true;
  }
  return false;
}

/// Before that a stage does not come to its next layer. It cannot while its present layer is still
/// being read, and the layer after that is not even enabled then.
Cycle FetchSkip::operand_limit(Cycle outputs_end) const {
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const OperandSkip& stage = operands_[i];
    if (stage.over()) continue;
    const bool ahead = stage.layer() == layer_ + 1 && wanted_[kOperand + i] == kNever;
    if (ahead || (stage.all_asked() && stage.layer() < layer_)) return outputs_end;
  }
  return kNever;
}

/// No client but those that ask now does so before.
Cycle FetchSkip::limit(Cycle horizon, Cycle outputs_end) const {
  Cycle limit = operand_limit(outputs_end);
  for (const Cycle wanted : wanted_)
    if (wanted > at_) limit = std::min(limit, wanted);
  const bool waits = (wanted_[kWeights] == kNever && weights_ < work().fetched_weights()) ||
                     (wanted_[kData] == kNever && data_ < work().data_beats);
  return waits || operands_wait() ? std::min(limit, horizon) : limit;
}

/// Weights that may be asked for at once. The last beat stands alone, as something else may follow;
/// a complete group starts outputs, which free operands.
std::uint64_t FetchSkip::most_weights() const {
  const std::uint64_t most = std::min(work().fetched_weights() - weights_ - 1, weight_room());
  return operands_wait() ? std::min(most, work().group_end[group_] - weights_) : most;
}

/// Data likewise: every two cycles or slower the path of a cube keeps up with it.
std::uint64_t FetchSkip::most_data(Cycle step) const {
  if (!work().blocks.empty()) {
    const auto rest = static_cast<Cycle>(work().blocks[block_].beats - in_block_);
    if (step < 2 || (in_block_ > 0 && at_ + rest * step < block_until_)) return 0;
  }
  return std::min(work().data_beats - data_ - 1, data_room(data_held_) - data_);
}

FetchSkip::Run FetchSkip::run(Cycle horizon, Cycle outputs_end) const {
  for (std::size_t i = kOperand; i < kClients; ++i)
    if (wanted_[i] <= at_) return {};
  if (!steady()) return {};
  const bool weights = wanted_[kWeights] <= at_;
  const bool data = wanted_[kData] <= at_;
  const Cycle step = weights && data ? 2 * interval_ : interval_;
  const Cycle until = limit(horizon, outputs_end) - at_;
  if (until <= 0) return {};
  auto count = static_cast<std::uint64_t>((until + step - 1) / step);
  if (weights) count = std::min(count, most_weights());
  if (data) count = std::min(count, most_data(step));
  if (weights && data) count -= std::min<std::uint64_t>(count, 1);  // the last pair may be cut
  return {.weights = weights ? count : 0,
          .data = data ? count : 0,
          .first = weights && (!data || served_ != kWeights) ? kWeights : kData};
}

void FetchSkip::make(const Run& run) {
  const bool both = run.weights > 0 && run.data > 0;
  const Cycle step = both ? 2 * interval_ : interval_;
  const std::uint64_t count = run.weights + run.data;
  const Cycle accepted = accepted_.back() + interval_;
  const Cycle second = both ? interval_ : 0;
  if (run.weights > 0)
    ask_weights(accepted + (run.first == kWeights ? 0 : second), run.weights, step);
  const Cycle data_later = run.first == kData ? 0 : second;
  if (run.data > 0) ask_data(at_ + data_later, accepted + data_later, run.data, step);
  const Cycle moved = static_cast<Cycle>(count) * interval_;
  asked_ = at_ + moved - interval_;
  for (Cycle& a : accepted_) a += moved;
  served_ = both ? (run.first == kWeights ? kData : kWeights) : run.first;
}

}  // namespace sim::dnnguard
