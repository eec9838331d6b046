#include "sim/accelerators/poetbin/run_tick.h"

#include <utility>

#include "sim/base/check.h"

namespace sim::poetbin {
namespace {

void count(StageCycles& cycles, bool offered, bool taken) {
  ++(taken ? cycles.busy : offered ? cycles.output_waits : cycles.idle);
}

}  // namespace

void SourceTick::clock(bool taken) {
  if (gap_left_ > 0) --gap_left_;
  if (!taken || ++words_ < stream_.load_words) return;
  words_ = 0;
  ++samples_;
  gap_left_ = stream_.gap_cycles;
}

RunTick::RunTick(std::unique_ptr<CoreTick> core, const StreamTiming& stream, Observer* observer,
                 std::uint64_t max_cycles)
    : stream_(stream),
      core_(std::move(core)),
      observer_(observer),
      source_(stream),
      log_{.limit = max_cycles} {}

void RunTick::tick() {
  const bool in_valid = source_.valid();
  const bool out_ready = stream_.sink.ready(cycle_);
  const bool in_taken = in_valid && core_->in_ready(out_ready);
  const bool out_taken = core_->out_valid() && out_ready;
  count(source_cycles_, in_valid, in_taken);
  count(sink_cycles_, core_->out_valid(), out_taken);
  if (core_->out_valid()) note_output(out_taken);
  if (in_taken) note_input();
  core_->clock(in_valid, out_ready);
  source_.clock(in_taken);
  ++cycle_;
}

void RunTick::note_input() {
  if (source_.first_word()) loading_ = {.first_word = cycle_};
  if (!source_.last_word()) return;
  loading_.accepted = cycle_;
  inside_.push_back(loading_);
}

void RunTick::note_output(bool taken) {
  SIM_CHECK(!inside_.empty(), "scores of no sample in cycle {}", cycle_);
  SampleTimes& times = inside_.front();
  if (!offered_) times.valid = cycle_;
  offered_ = !taken;
  if (!taken) return;
  times.delivered = cycle_;
  if (observer_ != nullptr) observer_->sample(log_.samples, times);
  log_.add(times);
  inside_.pop_front();
}

RunRecord RunTick::record() const {
  RunRecord record{.cycles = cycle_, .units = {}, .samples = log_};
  record.units.push_back({"source", source_cycles_});
  for (StageRow& row : core_->stages()) record.units.push_back(std::move(row));
  record.units.push_back({"sink", sink_cycles_});
  return record;
}

}  // namespace sim::poetbin
