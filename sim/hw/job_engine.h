#pragma once

#include <cstdint>

#include "sim/hw/engine.h"

namespace sim::hw {

/// The timing of a unit that has one job at a time and gives way to nobody meanwhile. A job that
/// begins in a cycle and takes n works in that cycle and the n - 1 after it; then it is done, and
/// others see so in the cycle after.
class JobEngine : public Engine {
 public:
  /// Nothing is left of the job; next_event() is kNever until another one begins.
  virtual bool done() const = 0;
};

/// A job engine that goes one clock at a time; `Job` is a JobEngine that says what the job is.
template <class Job>
class Stepping : public Job {
 public:
  using Job::Job;

  void run_to(std::uint64_t cycle) final {
    for (; next_ <= cycle && !this->done(); ++next_) tick();
  }
  std::uint64_t next_event() const final { return this->done() ? kNever : next_; }

 protected:
  void begin(std::uint64_t cycle) { next_ = cycle; }
  /// The next cycle of the job.
  virtual void tick() = 0;

 private:
  std::uint64_t next_ = 0;
};

/// A job engine that goes straight to the end of the job, which is all that others see of it.
template <class Job>
class Jumping : public Job {
 public:
  using Job::Job;

  void run_to(std::uint64_t cycle) final { until_ = cycle + 1; }
  std::uint64_t next_event() const final { return done() ? kNever : end_ - 1; }
  bool done() const final { return until_ >= end_; }

 protected:
  void begin(std::uint64_t cycle, std::uint64_t cycles) {
    until_ = cycle;
    end_ = cycle + cycles;
  }

 private:
  std::uint64_t until_ = 0;  // cycles before this one are done
  std::uint64_t end_ = 0;    // the job's are before this one
};

}  // namespace sim::hw
