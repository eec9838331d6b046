#include "sim/hw/lane_pipeline.h"

#include <algorithm>

#include "sim/base/math.h"

namespace sim::hw {

std::uint64_t LanePipeline::beyond_free_lanes(const LaneWork& work) {
  if (work.first_part) free_lanes_ = 0;
  const std::uint64_t taken = std::min(free_lanes_, work.elements);
  const std::uint64_t beyond = work.elements - taken;
  free_lanes_ -= taken;
  if (beyond > 0) free_lanes_ = base::ceil_div(beyond, lanes_) * lanes_ - beyond;
  return beyond;
}

void LanePipelineTick::start(const LaneWork& work, std::uint64_t cycle) {
  begin(cycle);
  elements_ = beyond_free_lanes(work);
  elements_left_ = elements_;
  passes_left_ = elements_ > 0 ? work.passes : 0;
  latency_left_ = work.latency_cycles;
}

void LanePipelineTick::tick() {
  if (passes_left_ > 0) {
    elements_left_ -= std::min<std::uint64_t>(elements_left_, lanes_);
    if (elements_left_ == 0 && --passes_left_ > 0) elements_left_ = elements_;
  } else {
    --latency_left_;
  }
}

void LanePipelineSkip::start(const LaneWork& work, std::uint64_t cycle) {
  const std::uint64_t beyond = beyond_free_lanes(work);
  begin(cycle, work.passes * base::ceil_div(beyond, lanes_) + work.latency_cycles);
}

}  // namespace sim::hw
