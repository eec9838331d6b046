#include "sim/accelerators/poetbin/columns_tick.h"

#include "sim/accelerators/poetbin/stage_names.h"

namespace sim::poetbin {

bool ColumnsTick::in_ready(bool out_ready) const {
  return enable(out_ready) && (!at_[0].valid || last(at_[0]));
}

bool ColumnsTick::works(std::size_t stage) const {
  const bool scores = stage == kStages - 1;
  return at_[stage].valid && (!scores || (at_[stage].index + 1) % timing_.neurons_per_class == 0);
}

void ColumnsTick::clock(bool in_valid, bool out_ready) {
  if (!enable(out_ready)) {
    for (StageCycles& c : cycles_) ++c.output_waits;
    return;
  }
  for (std::size_t i = 0; i < kStages; ++i) ++(works(i) ? cycles_[i].busy : cycles_[i].idle);
  const bool taken = in_valid && in_ready(out_ready);
  class_valid_ = score_valid_;
  score_valid_ = last(at_[kStages - 1]);
  for (std::size_t i = kStages - 1; i > 0; --i) at_[i] = at_[i - 1];
  if (taken) {
    at_[0] = {.valid = true, .index = 0};
  } else if (last(at_[0])) {
    at_[0].valid = false;
  } else if (at_[0].valid) {
    ++at_[0].index;
  }
}

std::vector<StageRow> ColumnsTick::stages() const {
  std::vector<StageRow> rows;
  for (std::size_t i = 0; i < kStages; ++i) rows.push_back({kColumnStages[i], cycles_[i]});
  return rows;
}

}  // namespace sim::poetbin
