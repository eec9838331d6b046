#pragma once

#include <functional>

#include "sim/base/memory.h"

namespace sim::workload {

struct Workload;

/// What is drawn at random. Samples of look-up-table programs that are not drawn have their number
/// and width, but no words; masks that are not drawn are none, but how many weights they would keep
/// is known.
enum class Draw {
  kAll,
  kMasks,   // enough for checks, which have nothing to compare samples with
  kNothing  // of a workload for no machine
};

/// How a workload is loaded.
struct LoadOptions {
  base::MemoryLimit memory{};
  Draw draw = Draw::kAll;
  /// Told of the workload before its masks or samples are drawn; may throw to spare that.
  std::function<void(const Workload&)> before_drawing{};
};

}  // namespace sim::workload
