#include "sim/hw/lane_pipeline.h"

#include <algorithm>

#include "sim/base/math.h"

namespace sim::hw {

std::uint64_t LanePipeline::beyond_free_lanes(const LaneWork& work, std::uint64_t until) {
  if (work.first_part || work.ready >= until) free_lanes_ = 0;
  const std::uint64_t taken = std::min(free_lanes_, work.elements);
  const std::uint64_t beyond = work.elements - taken;
  free_lanes_ -= taken;
  if (beyond > 0) free_lanes_ = base::ceil_div(beyond, lanes_) * lanes_ - beyond;
  return beyond;
}

std::uint64_t LanePipeline::least_cycles(const LaneWork& work, std::uint64_t cycle) const {
  const std::uint64_t until = work.ready + work.passes * base::ceil_div(work.elements, lanes_);
  return until > cycle ? until - cycle : 0;
}

void LanePipelineTick::start(const LaneWork& work, std::uint64_t cycle) {
  begin(cycle);
  now_ = cycle;
  elements_ = beyond_free_lanes(work, until_);
  elements_left_ = elements_;
  passes_left_ = elements_ > 0 ? work.passes : 0;
  least_left_ = least_cycles(work, cycle);
  latency_left_ = work.latency_cycles;
}

void LanePipelineTick::tick() {
  ++now_;
  if (passes_left_ == 0 && least_left_ == 0) {
    --latency_left_;
    return;
  }
  until_ = now_;
  if (least_left_ > 0) --least_left_;
  if (passes_left_ == 0) return;
  elements_left_ -= std::min<std::uint64_t>(elements_left_, lanes_);
  if (elements_left_ == 0 && --passes_left_ > 0) elements_left_ = elements_;
}

void LanePipelineSkip::start(const LaneWork& work, std::uint64_t cycle) {
  const std::uint64_t passes =
      work.passes * base::ceil_div(beyond_free_lanes(work, until_), lanes_);
  const std::uint64_t cycles = std::max(passes, least_cycles(work, cycle));
  if (cycles > 0) until_ = cycle + cycles;
  begin(cycle, cycles + work.latency_cycles);
}

}  // namespace sim::hw
