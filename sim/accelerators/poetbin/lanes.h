#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// In the place of a signal: the lane has no work in this step, its wires keep their values.
constexpr workload::Signal kHold = -3;

/// What the lanes of a group do in one step of a sample.
struct LaneStep {
  std::vector<workload::Signal> outputs;  // [lanes]: the LUT's output, or kHold
  std::vector<workload::Signal> pins;     // [lanes, fan_in]: signals, constants or kHold

  std::uint32_t working() const;  // lanes
};

/// Physical LUTs that evaluate the program's LUTs one after the other, a step at a time.
struct LaneGroup {
  std::string unit;  // of results
  std::uint32_t lanes = 0;
  std::uint32_t fan_in = 0;
  bool routed = false;  // pins are gathered by routes from a memory; false: wired to other lanes
  std::vector<LaneStep> steps;  // of a sample

  /// A step in which nothing works; the caller fills it.
  LaneStep& add_step();
  std::uint64_t evaluations() const;  // of a sample
};

}  // namespace sim::poetbin
