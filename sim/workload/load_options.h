#pragma once

#include "sim/base/memory.h"

namespace sim::workload {

/// How a workload is loaded.
struct LoadOptions {
  base::MemoryLimit memory{};
  /// False: samples of look-up-table programs that are drawn at random have their number and width,
  /// but no words. Enough for checks, which have nothing to compare them with.
  bool draw_samples = true;
};

}  // namespace sim::workload
