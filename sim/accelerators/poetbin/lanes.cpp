#include "sim/accelerators/poetbin/lanes.h"

#include <algorithm>

namespace sim::poetbin {

std::uint32_t LaneStep::working() const {
  const auto idle = std::count(outputs.begin(), outputs.end(), kHold);
  return static_cast<std::uint32_t>(outputs.size()) - static_cast<std::uint32_t>(idle);
}

LaneStep& LaneGroup::add_step() {
  steps.push_back({std::vector<workload::Signal>(lanes, kHold),
                   std::vector<workload::Signal>(std::size_t{lanes} * fan_in, kHold)});
  return steps.back();
}

std::uint64_t LaneGroup::evaluations() const {
  std::uint64_t sum = 0;
  for (const LaneStep& step : steps) sum += step.working();
  return sum;
}

}  // namespace sim::poetbin
