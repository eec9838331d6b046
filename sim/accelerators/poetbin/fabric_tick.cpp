#include "sim/accelerators/poetbin/fabric_tick.h"

#include "sim/accelerators/poetbin/stage_names.h"

namespace sim::poetbin {

FabricTick::FabricTick(const FabricTiming& timing, Observer* observer)
    : timing_(timing),
      level_begins_(timing.level_begins()),
      observer_(observer),
      contexts_(timing.contexts) {}

void FabricTick::clock(bool in_valid, bool out_ready) {
  // All decisions see the registers as they are in this cycle.
  const bool route_free = !gather_.valid || gather_left_ == 1;
  const std::uint32_t picked = route_free ? pick() : timing_.contexts;
  const bool word = in_valid && in_ready(out_ready);
  count(route_free, picked);

  deliver(out_ready);
  write_back();
  write_back_ = look_up_;
  look_up_ = gather_;
  look_up_.valid = gather_.valid && gather_left_ == 1;
  if (!route_free) {
    --gather_left_;
  } else if (picked < timing_.contexts) {
    issue(picked);
  } else {
    gather_.valid = false;
  }
  load(word);
  ++cycle_;
}

std::uint32_t FabricTick::pick() const {
  for (std::uint32_t i = 0; i < timing_.contexts; ++i) {
    const std::uint32_t index = (oldest_ + i) % timing_.contexts;
    const Context& c = contexts_[index];
    if (!has_slots(c) || at_barrier(c)) continue;
    if (claims_scores(c.issued) && score_claimed_) continue;
    return index;
  }
  return timing_.contexts;
}

void FabricTick::count(bool route_free, std::uint32_t picked) {
  if (!route_free) {
    ++sequencer_cycles_.bank_conflicts;
    ++gather_cycles_.bank_conflicts;
  } else {
    ++(gather_.valid ? gather_cycles_.busy : gather_cycles_.idle);
    if (picked < timing_.contexts) {
      ++sequencer_cycles_.busy;
    } else {
      count_waiting();
    }
  }
  ++(look_up_.valid ? look_up_cycles_.busy : look_up_cycles_.idle);
  ++(write_back_.valid ? write_back_cycles_.busy : write_back_cycles_.idle);
}

void FabricTick::count_waiting() {
  for (std::uint32_t i = 0; i < timing_.contexts; ++i) {
    const Context& c = contexts_[(oldest_ + i) % timing_.contexts];
    if (!has_slots(c)) continue;
    ++(at_barrier(c) ? sequencer_cycles_.input_waits : sequencer_cycles_.output_waits);
    return;
  }
  ++sequencer_cycles_.idle;
}

void FabricTick::issue(std::uint32_t context) {
  Context& c = contexts_[context];
  gather_ = {.valid = true, .context = context, .slot = c.issued};
  gather_left_ = timing_.slots[c.issued].gather_cycles;
  if (claims_scores(c.issued)) score_claimed_ = true;
  if (observer_ != nullptr) observer_->issue(c.sample, c.issued, cycle_);
  ++c.issued;
}

void FabricTick::write_back() {
  if (!write_back_.valid) return;
  Context& c = contexts_[write_back_.context];
  if (++c.written < timing_.slots.size()) return;
  score_valid_ = true;
  c = {};
  oldest_ = (oldest_ + 1) % timing_.contexts;
}

void FabricTick::deliver(bool out_ready) {
  if (!timing_.argmax) {
    if (!score_valid_ || !out_ready) return;
    score_valid_ = false;
    score_claimed_ = false;
    return;
  }
  if (class_valid_ && !out_ready) return;
  class_valid_ = score_valid_;
  if (!score_valid_) return;
  score_valid_ = false;
  score_claimed_ = false;
}

void FabricTick::load(bool word) {
  if (!word || ++words_ < timing_.load_words) return;
  words_ = 0;
  contexts_[loading_].loaded = true;
  contexts_[loading_].sample = samples_++;
  loading_ = (loading_ + 1) % timing_.contexts;
}

std::vector<StageRow> FabricTick::stages() const {
  const StageCycles* cycles[] = {&sequencer_cycles_, &gather_cycles_, &look_up_cycles_,
                                 &write_back_cycles_};
  std::vector<StageRow> rows;
  for (std::size_t i = 0; i < std::size(cycles); ++i)
    rows.push_back({kFabricStages[i], *cycles[i]});
  return rows;
}

}  // namespace sim::poetbin
