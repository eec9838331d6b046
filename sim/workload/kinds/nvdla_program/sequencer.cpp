#include "sim/workload/kinds/nvdla_program/sequencer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/base/printable.h"
#include "sim/workload/text.h"

namespace sim::workload::nvdla_program {

using base::printable;
using nvdla::CrcCheck;

Sequencer::Sequencer(const std::string& file, const nvdla::Configuration& configuration)
    : data_(file) {
  program_.file = printable(file);
  program_.configuration = configuration;
}

nvdla::Program Sequencer::run(const ProgramText& text) {
  form_ = text.form;
  check_events(text.statements);
  for (const Statement& s : text.statements) {
    line_ = s.line;
    act(s);
  }
  check_finished();
  program_.steps = ordered();
  return std::move(program_);
}

void Sequencer::act(const Statement& s) {
  switch (s.verb) {
    case Verb::kWrite:
      return write(s);
    case Verb::kFill:
      return fill(s);
    case Verb::kLoad:
      return load(s);
    case Verb::kPoll:
      return poll(s);
    case Verb::kNotify:
      return notify(s);
    case Verb::kCheck:
      return check(s);
    case Verb::kWait:
      return wait(s);
    case Verb::kDump:
      return dump(s);
    case Verb::kAwait:
    case Verb::kSignal:
      return;  // in the order of the file they always come in time
    case Verb::kRead:
      return context().note("what registers read as is not compared with what the program expects");
  }
}

DecodeContext Sequencer::context() {
  return {program_.configuration, program_.file, line_, program_.notes};
}

void Sequencer::fill(const Statement& s) {
  std::uint64_t size = s.size;
  std::uint64_t address = s.address;
  if (!s.name.empty()) {  // as far as a file goes
    const auto runs = data_.read(s, form_);
    address = runs.front().address;
    std::uint64_t end = 0;
    for (const auto& run : runs) {
      address = std::min(address, run.address);
      end = std::max(end, run.address + run.bytes.size());
    }
    size = end - address;
  }
  context().check_region(address, size, "mem_init");
  data_.take(size, s.line);
  program_.steps.emplace_back(nvdla::MemoryFill{address, size, s.filling});
}

void Sequencer::load(const Statement& s) {
  for (auto& run : data_.read(s, form_)) {
    context().check_region(run.address, run.bytes.size(), "the data file");
    if (form_ == Form::kTransactions && run.bytes.size() > s.size) run.bytes.resize(s.size);
    program_.steps.emplace_back(std::move(run));
  }
}

void Sequencer::dump(const Statement& s) {
  auto runs = data_.read(s, form_);
  auto& image = runs.front();
  if (image.bytes.size() < s.size) {
    refuse(program_.file, s.line,
           fmt::format("{} has {} bytes; {} are to be compared", printable(s.name, 60),
                       image.bytes.size(), s.size));
  }
  image.bytes.resize(s.size);
  context().check_region(image.address, image.bytes.size(), "dump_mem");
  program_.steps.emplace_back(nvdla::ImageCheck{s.line, std::move(image)});
}

void Sequencer::notify(const Statement& s) {
  static const std::set<std::string> kSources = {"SDP",  "PDP",      "CDP",
                                                 "CACC", "CDMA_DAT", "CDMA_WT"};
  std::string source = s.unit;
  std::ranges::transform(source, source.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  const bool grouped = source.ends_with("_0") || source.ends_with("_1");
  if (!grouped || !kSources.contains(source.substr(0, source.size() - 2))) {
    refuse(program_.file, s.line,
           fmt::format("interrupt '{}'; must be SDP, PDP, CDP, CACC, cdma_dat or cdma_wt, with _0 "
                       "or _1 for its register group",
                       printable(s.unit, 60)));
  }
  std::size_t& served = notified_[source];
  const auto& came = interrupts_[source];
  if (served < came.size()) return signal(s.name, came[served++]);
  awaited_[source].push_back(s);
}

void Sequencer::interrupt(const std::string& source) {
  const Position at = program_.steps.size();
  interrupts_[source].push_back(at);
  ++interrupt_count_;
  auto& waiting = awaited_[source];
  if (waiting.empty()) return;
  const std::string event = waiting.front().name;
  waiting.pop_front();
  ++notified_[source];
  signal(event, at);
}

void Sequencer::signal(const std::string& event, Position at) {
  events_[event] = at;
  const auto due = open_checks_.find(event);
  if (due == open_checks_.end()) return;
  for (const Statement& s : due->second) {
    checks_.emplace_back(at, CrcCheck{s.line, s.address, s.size, s.value});
  }
  open_checks_.erase(due);
}

void Sequencer::check(const Statement& s) {
  context().check_region(s.address, s.size, "check_crc");
  if (s.size > DataFolder::kMaxBytes) {
    refuse(
        program_.file, s.line,
        fmt::format("a region of {} bytes; at most {} are allowed", s.size, DataFolder::kMaxBytes));
  }
  const auto event = events_.find(s.name);
  if (event == events_.end()) {
    open_checks_[s.name].push_back(s);
  } else {
    checks_.emplace_back(event->second, CrcCheck{s.line, s.address, s.size, s.value});
  }
}

void Sequencer::wait(const Statement& s) {
  if (++waits_ <= interrupt_count_) return;
  refuse(program_.file, s.line,
         fmt::format("waits for an interrupt that does not come; {} came before{}",
                     interrupt_count_, waits_for()));
}

/// What is awaited must be signalled somewhere.
void Sequencer::check_events(const std::vector<Statement>& all) const {
  std::set<std::string_view> signalled;
  for (const Statement& s : all) {
    if (s.verb == Verb::kNotify || s.verb == Verb::kSignal) signalled.insert(s.name);
  }
  for (const Statement& s : all) {
    const bool awaits = s.verb == Verb::kAwait || s.verb == Verb::kCheck;
    if (!awaits || signalled.contains(s.name)) continue;
    refuse(program_.file, s.line,
           fmt::format("waits for event '{}', which nothing signals", printable(s.name, 60)));
  }
}

void Sequencer::check_finished() const {
  for (const auto& [source, waiting] : awaited_) {
    if (waiting.empty()) continue;
    refuse(program_.file, waiting.front().line,
           fmt::format("the interrupt of {} does not come{}", source, waits_for()));
  }
  if (!open_checks_.empty()) {
    const Statement& s = open_checks_.begin()->second.front();
    refuse(program_.file, s.line,
           fmt::format("event '{}' does not come{}", printable(s.name, 60), waits_for()));
  }
  const std::string waiting = waits_for();
  if (!waiting.empty()) refuse(program_.file, line_, "the program ends early" + waiting);
}

/// Checks stand where their events came.
std::vector<nvdla::Step> Sequencer::ordered() {
  std::ranges::stable_sort(checks_, {}, [](const auto& check) { return check.first; });
  std::vector<nvdla::Step> all;
  std::size_t next = 0;
  for (Position at = 0; at <= program_.steps.size(); ++at) {
    for (; next < checks_.size() && checks_[next].first == at; ++next) {
      all.emplace_back(checks_[next].second);
    }
    if (at < program_.steps.size()) all.push_back(std::move(program_.steps[at]));
  }
  return all;
}

}  // namespace sim::workload::nvdla_program
