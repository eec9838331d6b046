#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "sim/accelerators/poetbin/core_tick.h"
#include "sim/accelerators/poetbin/run_engine.h"

namespace sim::poetbin {

/// Offers samples word by word: the first word in cycle 0, a word the cycle after the one before
/// was taken, a new sample gap_cycles later than that.
class SourceTick {
 public:
  explicit SourceTick(const StreamTiming& stream) : stream_(stream) {}

  bool valid() const { return samples_ < stream_.samples && gap_left_ == 0; }
  bool first_word() const { return words_ == 0; }
  bool last_word() const { return words_ + 1 == stream_.load_words; }
  void clock(bool taken);

 private:
  const StreamTiming stream_;
  std::uint64_t samples_ = 0;  // taken whole
  std::uint32_t words_ = 0;    // taken, of the next one
  std::uint32_t gap_left_ = 0;
};

/// Source, machine and sink, one clock at a time.
/// Counters of `source`: busy: a word is taken; output wait: it is offered only; else idle.
/// Counters of `sink`: busy: scores are taken; output wait: they are offered only; else idle.
class RunTick final : public hw::Stepping<RunEngine> {
 public:
  RunTick(std::unique_ptr<CoreTick> core, const StreamTiming& stream, Observer* observer,
          std::uint64_t max_cycles);

  bool done() const override { return log_.samples == stream_.samples; }
  std::uint64_t delivered() const override { return log_.samples; }
  std::uint64_t in_time() const override { return log_.in_time; }
  RunRecord record() const override;

 private:
  void tick() override;
  void note_input();
  void note_output(bool taken);

  const StreamTiming stream_;
  std::unique_ptr<CoreTick> core_;
  Observer* observer_;
  SourceTick source_;
  std::uint64_t cycle_ = 0;
  std::deque<SampleTimes> inside_;
  SampleTimes loading_;
  bool offered_ = false;  // the scores at the output were there in an earlier cycle
  SampleLog log_;
  StageCycles source_cycles_, sink_cycles_;
};

}  // namespace sim::poetbin
