#include "sim/accelerators/poetbin/fabric_skip.h"

#include <algorithm>
#include <utility>

#include "sim/accelerators/poetbin/stage_names.h"
#include "sim/base/check.h"

namespace sim::poetbin {
namespace {

// States remembered in search of a period; a run without one up to here goes on slot by slot.
constexpr std::size_t kMaxStates = 4096;

/// How far `cycle` lies after `now`; what is past is past.
std::uint64_t ahead(std::uint64_t cycle, std::uint64_t now) {
  return cycle > now ? cycle - now : 0;
}

StageCycles busy_of(std::uint64_t cycles, std::uint64_t busy) {
  StageCycles c;
  c.busy = busy;
  c.idle = cycles - busy;
  return c;
}

StageCycles port_of(std::uint64_t cycles, std::uint64_t busy, std::uint64_t waits) {
  StageCycles c = busy_of(cycles, busy);
  c.output_waits = waits;
  c.idle -= waits;
  return c;
}

}  // namespace

FabricSkip::FabricSkip(const FabricTiming& core, const StreamTiming& stream, Observer* observer,
                       std::uint64_t max_cycles)
    : RunSkip(stream, observer, max_cycles),
      timing_(core),
      level_begins_(core.level_begins()),
      context_free_(core.contexts) {
  while (loaded_ < std::min<std::uint64_t>(stream_.samples, timing_.contexts)) load_next();
}

void FabricSkip::load_next() {
  const std::uint64_t free = context_free_[loaded_ % timing_.contexts];
  Inside sample;
  sample.times.first_word = std::max(offer_, free);
  sample.times.accepted = sample.times.first_word + timing_.load_words - 1;
  sample.ready_from = sample.times.accepted + 1;
  counted_.source_waits += sample.times.first_word - offer_;
  offer_ = sample.times.accepted + 1 + stream_.gap_cycles;
  ++loaded_;
  inside_.push_back(sample);
}

std::uint64_t FabricSkip::ready_cycle(const Inside& sample) const {
  const bool claims = sample.issued == level_begins_.back();
  return claims ? std::max(sample.ready_from, claim_free_) : sample.ready_from;
}

std::size_t FabricSkip::pick(std::uint64_t& cycle) const {
  std::uint64_t first = kUnknown;
  std::size_t picked = 0;
  for (std::size_t i = 0; i < inside_.size(); ++i) {
    const std::uint64_t ready = std::max(issue_from_, ready_cycle(inside_[i]));
    if (ready >= first) continue;
    first = ready;
    picked = i;
    if (first == issue_from_) break;
  }
  SIM_CHECK(first != kUnknown, "no sample ever gets ready after cycle {}", issue_from_);
  cycle = first;
  return picked;
}

void FabricSkip::count_waiting(const Inside& oldest, std::uint64_t until) {
  const std::uint64_t loaded = std::max(issue_from_, oldest.times.accepted + 1);
  const std::uint64_t passed = std::max(loaded, oldest.ready_from);
  counted_.barrier_waits += ahead(std::min(passed, until), loaded);
  counted_.score_waits += ahead(until, passed);
}

FabricSkip::Issue FabricSkip::issue() {
  std::uint64_t cycle = 0;
  const std::size_t picked = pick(cycle);
  count_waiting(inside_.front(), cycle);
  Inside& sample = inside_[picked];
  const Issue issued{log_.samples + picked, sample.issued};
  const std::uint32_t gather = timing_.slots[sample.issued].gather_cycles;
  if (observer_ != nullptr) observer_->issue(issued.sample, issued.slot, cycle);
  if (sample.issued == level_begins_.back()) claim_free_ = kUnknown;
  ++counted_.issues;
  counted_.conflicts += gather - 1;
  issue_from_ = cycle + gather;
  const std::uint64_t written = cycle + gather + 2;
  if (++sample.issued == timing_.slots.size()) {
    SIM_CHECK(picked == 0, "sample {} overtakes another", issued.sample);
    finish(sample, written);
  } else if (level_begins_[sample.issued] == sample.issued) {
    sample.ready_from = written + 1;
  }
  return issued;
}

void FabricSkip::finish(Inside& sample, std::uint64_t written) {
  SampleTimes& times = sample.times;
  times.valid = written + 1;
  if (timing_.argmax) {
    const std::uint64_t moved = std::max(times.valid, class_delivered_);
    claim_free_ = moved + 1;
    times.valid = moved + 1;
  }
  times.delivered = stream_.sink.next_ready(times.valid);
  if (timing_.argmax) {
    class_delivered_ = times.delivered;
  } else {
    claim_free_ = times.delivered + 1;
  }
  counted_.sink_waits += times.delivered - times.valid;
  context_free_[log_.samples % timing_.contexts] = written + 1;
  if (observer_ != nullptr) observer_->sample(log_.samples, times);
  log_.add(times);
  inside_.pop_front();
  if (loaded_ < stream_.samples) load_next();
}

void FabricSkip::pass() {
  const std::uint64_t goal = log_.samples + 1;
  while (log_.samples < goal) issue();
  if (observer_ == nullptr && periods_open_ && log_.samples >= SampleLog::kKept) skip_periods();
}

FabricSkip::State FabricSkip::state() const {
  // The source's offer may lie in the past by less than a period; no other past time matters.
  const std::uint64_t now = issue_from_;
  State s{now % stream_.sink.period(), offer_ - now, ahead(claim_free_, now),
          ahead(class_delivered_, now), log_.samples % timing_.contexts};
  for (const std::uint64_t free : context_free_) s.push_back(ahead(free, now));
  for (const Inside& sample : inside_) {
    s.push_back(sample.issued);
    s.push_back(ahead(sample.ready_from, now));
    s.push_back(ahead(sample.times.accepted + 1, now));
  }
  return s;
}

FabricSkip::Sums FabricSkip::sums() const {
  Sums s = counted_;
  s.cycle = issue_from_;
  s.samples = log_.samples;
  s.latency = log_.latency_sum;
  return s;
}

void FabricSkip::skip_periods() {
  const auto [found, fresh] = seen_.try_emplace(state(), sums());
  if (fresh) {
    periods_open_ = seen_.size() < kMaxStates;
    return;
  }
  const Sums now = sums();
  const Sums& then = found->second;
  const Sums period{.cycle = now.cycle - then.cycle,
                    .samples = now.samples - then.samples,
                    .latency = now.latency - then.latency,
                    .source_waits = now.source_waits - then.source_waits,
                    .sink_waits = now.sink_waits - then.sink_waits,
                    .barrier_waits = now.barrier_waits - then.barrier_waits,
                    .score_waits = now.score_waits - then.score_waits,
                    .conflicts = now.conflicts - then.conflicts,
                    .issues = now.issues - then.issues};
  jump(period, repeats(period));
  periods_open_ = false;
}

std::uint64_t FabricSkip::repeats(const Sums& period) const {
  const std::uint64_t offered = (stream_.samples - loaded_) / period.samples;
  if (log_.last_delivered >= log_.limit) return 0;
  // The rest, in which the limit lies, slot by slot: it tells the samples that are in time.
  return std::min(offered, (log_.limit - 1 - log_.last_delivered) / period.cycle);
}

void FabricSkip::jump(const Sums& period, std::uint64_t count) {
  const std::uint64_t cycles = period.cycle * count;
  counted_.source_waits += period.source_waits * count;
  counted_.sink_waits += period.sink_waits * count;
  counted_.barrier_waits += period.barrier_waits * count;
  counted_.score_waits += period.score_waits * count;
  counted_.conflicts += period.conflicts * count;
  counted_.issues += period.issues * count;
  log_.samples += period.samples * count;
  log_.in_time += period.samples * count;
  log_.latency_sum += period.latency * count;
  log_.last_delivered += cycles;
  loaded_ += period.samples * count;
  issue_from_ += cycles;
  claim_free_ += cycles;
  class_delivered_ += cycles;
  offer_ += cycles;
  for (std::uint64_t& free : context_free_) free += cycles;
  for (Inside& sample : inside_) {
    sample.ready_from += cycles;
    sample.times.first_word += cycles;
    sample.times.accepted += cycles;
  }
}

RunRecord FabricSkip::record() const {
  RunRecord record{.cycles = log_.last_delivered + 1, .units = {}, .samples = log_};
  const std::uint64_t cycles = record.cycles;
  StageCycles sequencer = busy_of(cycles, counted_.issues);
  sequencer.input_waits = counted_.barrier_waits;
  sequencer.output_waits = counted_.score_waits;
  sequencer.bank_conflicts = counted_.conflicts;
  sequencer.idle -= counted_.barrier_waits + counted_.score_waits + counted_.conflicts;
  StageCycles gather = busy_of(cycles, counted_.issues);
  gather.bank_conflicts = counted_.conflicts;
  gather.idle -= counted_.conflicts;
  const StageCycles stages[] = {sequencer, gather, busy_of(cycles, counted_.issues),
                                busy_of(cycles, counted_.issues)};
  record.units.push_back(
      {"source", port_of(cycles, log_.samples * timing_.load_words, counted_.source_waits)});
  for (std::size_t i = 0; i < std::size(stages); ++i) {
    record.units.push_back({kFabricStages[i], stages[i]});
  }
  record.units.push_back({"sink", port_of(cycles, log_.samples, counted_.sink_waits)});
  return record;
}

}  // namespace sim::poetbin
