#include "sim/accelerators/poetbin/spatial_tick.h"

#include <algorithm>

namespace sim::poetbin {

SpatialTick::SpatialTick(const SpatialTiming& timing)
    : load_words_(timing.load_words), valid_(timing.registers) {}

void SpatialTick::clock(bool in_valid, bool out_ready) {
  if (!enable(out_ready)) {
    ++cycles_.output_waits;
    return;
  }
  const bool working = std::find(valid_.begin(), valid_.end(), true) != valid_.end();
  ++(working ? cycles_.busy : cycles_.idle);
  for (std::size_t i = valid_.size() - 1; i > 0; --i) valid_[i] = valid_[i - 1];
  valid_[0] = false;
  if (in_valid && ++words_ == load_words_) {
    words_ = 0;
    valid_[0] = true;
  }
}

}  // namespace sim::poetbin
