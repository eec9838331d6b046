#pragma once

#include <string_view>

#include "sim/base/memory.h"

namespace sim::workload {

/// One piece of work for a machine. A type of tasks is a class derived from this one with a
/// constant `kMany`, its tasks in the plural ("Transformers"), which says what a machine runs.
class Task {
 public:
  virtual ~Task() = default;

  /// With its article, for messages: "a Transformer".
  virtual std::string_view what() const = 0;
  /// What it holds in memory.
  virtual base::MemoryNeed held() const = 0;
};

}  // namespace sim::workload
