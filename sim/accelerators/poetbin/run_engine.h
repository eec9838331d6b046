#pragma once

#include <memory>

#include "sim/accelerators/poetbin/run_record.h"
#include "sim/accelerators/poetbin/timing.h"
#include "sim/core/accelerator.h"
#include "sim/hw/job_engine.h"

namespace sim::poetbin {

/// A whole run: the source offers samples to the machine, the sink takes their scores, until the
/// last ones are taken. Cycle 0 is the first in which the source offers a word.
class RunEngine : public hw::JobEngine {
 public:
  /// Samples delivered up to the event before.
  virtual std::uint64_t delivered() const = 0;
  /// Samples delivered in the first max_cycles, once next_event() is none of them.
  virtual std::uint64_t in_time() const = 0;
  /// What was counted; complete when done().
  virtual RunRecord record() const = 0;
};

/// A run of samples, from one stretch that nobody interrupts to the next.
class RunSkip : public RunEngine {
 public:
  void run_to(std::uint64_t cycle) final;
  std::uint64_t next_event() const final { return done() ? hw::kNever : next_; }
  bool done() const final { return delivered_ == stream_.samples; }
  std::uint64_t delivered() const final { return delivered_; }
  std::uint64_t in_time() const final { return log_.in_time; }

 protected:
  RunSkip(const StreamTiming& stream, Observer* observer, std::uint64_t max_cycles)
      : stream_(stream), observer_(observer), log_{.limit = max_cycles} {}

  /// Works out what happens up to the delivery of the next sample, or of some of the next.
  virtual void pass() = 0;

  const StreamTiming stream_;
  Observer* observer_;
  SampleLog log_;

 private:
  std::uint64_t next_ = 0;  // cycle 0: the first offer
  std::uint64_t delivered_ = 0;
};

std::unique_ptr<RunEngine> make_run_engine(core::Engine engine, const CoreTiming& core,
                                           const StreamTiming& stream, Observer* observer,
                                           std::uint64_t max_cycles = SampleLog::kNoLimit);

}  // namespace sim::poetbin
