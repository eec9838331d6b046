#include "sim/accelerators/dnnguard/operand_skip.h"

#include <algorithm>

namespace sim::dnnguard {

OperandSkip::OperandSkip(const ConvolutionMachine& machine, const ReadMemory& memory,
                         const std::vector<ConvolutionStep>& layers, std::size_t stage)
    : layers_(layers),
      stage_(stage),
      in_flight_(machine.operand_beats),
      usable_after_(
          std::max<Cycle>(1, memory.latency + machine.sdp_interval() + times::kOperandUse)),
      returned_after_(memory.latency + times::kOperandReturn) {
  if (!over() && work().beats == 0) next_layer(times::kOperands);
}

void OperandSkip::next_layer(Cycle now) {
  do ++layer_;
  while (!over() && work().beats == 0);
  asked_ = freed_ = forgotten_ = 0;
  accepted_.clear();
  freeing_.clear();
  open_ = now + 1;
  assembled_ = -kNever;
}

Cycle OperandSkip::ready(Cycle from, Cycle enabled) const {
  if (all_asked() || enabled >= kNever) return kNever;
  Cycle at = std::max({from, open_, enabled + times::kOperands});
  if (asked_ >= in_flight_)
    at = std::max(at, accepted_[asked_ - in_flight_ - forgotten_] + returned_after_);
  if (asked_ - freed_ < work().capacity) return at;
  const std::uint64_t needed = asked_ + 1 - work().capacity;
  for (const auto& [when, freed] : freeing_)
    if (freed >= needed) return std::max(at, when);
  return kNever;
}

void OperandSkip::ask(Cycle accepted) {
  accepted_.push_back(accepted);
  ++asked_;
}

Cycle OperandSkip::usable(std::size_t layer, std::uint64_t output) const {
  const OperandWork& operands = layers_[layer].work.operands[stage_];
  if (operands.beats == 0) return -kNever;
  const std::uint64_t needed = operands.needed(output);
  if (layer_ != layer || asked_ < needed) return kNever;
  return std::max(accepted_[needed - 1 - forgotten_] + usable_after_, assembled_);
}

void OperandSkip::take(Cycle at, std::size_t layer, std::uint64_t outputs, bool last) {
  if (layer_ != layer || layers_[layer].work.operands[stage_].beats == 0) return;
  if (last) return next_layer(at);
  assembled_ = std::max(assembled_ + work().assembly(), at);
  freeing_.emplace_back(at + times::kOperandTaken, work().finished(outputs));
  const std::uint64_t needed = asked_ + 1 > work().capacity ? asked_ + 1 - work().capacity : 0;
  for (; freeing_.size() > 1 && freeing_.front().second < needed; freeing_.pop_front())
    freed_ = freeing_.front().second;
  const std::uint64_t used = work().needed(outputs) - 1;  // the last of them may serve on
  while (forgotten_ + in_flight_ < asked_ && forgotten_ < used && !accepted_.empty()) {
    accepted_.pop_front();
    ++forgotten_;
  }
}

}  // namespace sim::dnnguard
