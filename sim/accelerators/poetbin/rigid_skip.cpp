#include "sim/accelerators/poetbin/rigid_skip.h"

#include <algorithm>

#include "sim/accelerators/poetbin/stage_names.h"

namespace sim::poetbin {
namespace {

constexpr std::uint64_t kSamplesAtOnce = 4096;

/// Edges from the one that takes a sample's last word to the one with which it leaves.
std::uint64_t depth_of(const ColumnsTiming& core) {
  return core.steps + std::uint64_t{5} + (core.argmax ? 1 : 0);
}

StageCycles rest_idle(std::uint64_t cycles, std::uint64_t busy, std::uint64_t output_waits) {
  StageCycles c;
  c.busy = busy;
  c.output_waits = output_waits;
  c.idle = cycles - busy - output_waits;
  return c;
}

}  // namespace

RigidSkip::RigidSkip(const CoreTiming& core, const StreamTiming& stream, Observer* observer,
                     std::uint64_t max_cycles, std::uint64_t depth, std::uint64_t interval)
    : RunSkip(stream, observer, max_cycles), core_(core), depth_(depth), interval_(interval) {}

RigidSkip::RigidSkip(const SpatialTiming& core, const StreamTiming& stream, Observer* observer,
                     std::uint64_t max_cycles)
    : RigidSkip(CoreTiming(core), stream, observer, max_cycles, core.registers, 1) {}

RigidSkip::RigidSkip(const ColumnsTiming& core, const StreamTiming& stream, Observer* observer,
                     std::uint64_t max_cycles)
    : RigidSkip(CoreTiming(core), stream, observer, max_cycles, depth_of(core), core.steps) {}

void RigidSkip::pass() {
  const std::uint64_t at_once = observer_ != nullptr ? 1 : kSamplesAtOnce;
  const std::uint64_t goal = std::min(stream_.samples, log_.samples + at_once);
  while (log_.samples < goal) {
    if (accepted_ < stream_.samples) {
      accept();
    } else {
      deliver();
    }
  }
}

void RigidSkip::accept() {
  // Samples that leave before the first word is taken may lose cycles, which moves it.
  while (!inside_.empty() && inside_.front().leaves <= first_edge()) {
    next_edge_ = std::max(next_edge_, inside_.front().leaves);
    deliver();
  }
  const std::uint64_t first = first_edge();
  const std::uint64_t first_cycle = first + lost_;
  const std::uint64_t last = first + stream_.load_words - 1;
  deliver_until(last);
  const std::uint64_t last_cycle = last + lost_;
  inside_.push_back({.first_word = first_cycle, .accepted = last_cycle, .leaves = last + depth_});
  source_waits_ += last_cycle + 1 - offer_ - stream_.load_words;
  ++accepted_;
  offer_ = last_cycle + 1 + stream_.gap_cycles;
  next_edge_ = last + interval_;
}

std::uint64_t RigidSkip::first_edge() const {
  return std::max(next_edge_, offer_ > lost_ ? offer_ - lost_ : 0);
}

void RigidSkip::deliver_until(std::uint64_t edge) {
  while (!inside_.empty() && inside_.front().leaves <= edge) deliver();
}

void RigidSkip::deliver() {
  const Inside sample = inside_.front();
  inside_.pop_front();
  SampleTimes times{.first_word = sample.first_word, .accepted = sample.accepted};
  times.valid = sample.leaves + lost_;
  times.delivered = stream_.sink.next_ready(times.valid);
  lost_ += times.delivered - times.valid;
  occupied_ += sample.leaves - std::max(sample.leaves - depth_, left_);
  left_ = sample.leaves;
  if (observer_ != nullptr) observer_->sample(log_.samples, times);
  log_.add(times);
}

std::vector<StageRow> RigidSkip::stages(std::uint64_t cycles) const {
  if (std::holds_alternative<SpatialTiming>(core_)) {
    return {{"pipeline", rest_idle(cycles, occupied_, lost_)}};
  }
  const auto& core = std::get<ColumnsTiming>(core_);
  std::vector<StageRow> rows;
  for (const char* name : kColumnStages) {
    rows.push_back({name, rest_idle(cycles, log_.samples * core.steps, lost_)});
  }
  rows.back().cycles = rest_idle(cycles, log_.samples * core.steps / core.neurons_per_class, lost_);
  return rows;
}

RunRecord RigidSkip::record() const {
  RunRecord record{.cycles = log_.last_delivered + 1, .units = {}, .samples = log_};
  const std::uint64_t words = log_.samples * stream_.load_words;
  record.units.push_back({"source", rest_idle(record.cycles, words, source_waits_)});
  for (StageRow& row : stages(record.cycles)) record.units.push_back(std::move(row));
  record.units.push_back({"sink", rest_idle(record.cycles, log_.samples, lost_)});
  return record;
}

}  // namespace sim::poetbin
