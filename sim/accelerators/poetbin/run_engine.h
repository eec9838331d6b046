#pragma once

#include <memory>

#include "sim/accelerators/poetbin/run_record.h"
#include "sim/accelerators/poetbin/timing.h"
#include "sim/core/accelerator.h"
#include "sim/hw/engine.h"

namespace sim::poetbin {

/// A whole run: the source offers samples to the machine, the sink takes their scores, until the
/// last ones are taken. Cycle 0 is the first in which the source offers a word.
class RunEngine : public hw::Engine {
 public:
  /// Samples delivered so far, without those that were only after max_cycles: an engine may be that
  /// far ahead of the kernel's clock.
  virtual std::uint64_t delivered() const = 0;
  /// What was counted; complete when done().
  virtual RunRecord record() const = 0;
};

std::unique_ptr<RunEngine> make_run_engine(core::Engine engine, const CoreTiming& core,
                                           const StreamTiming& stream, Observer* observer,
                                           std::uint64_t max_cycles = SampleLog::kNoLimit);

}  // namespace sim::poetbin
