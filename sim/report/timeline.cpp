#include "sim/report/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace sim::report {
namespace {

using Json = nlohmann::ordered_json;
using stats::Series;
using stats::Span;
using stats::TimelineData;

constexpr int kProcess = 1;

/// Track numbers by unit, in the order of first use.
class Tracks {
 public:
  std::size_t number(const std::string& unit) {
    const auto found = std::find(units_.begin(), units_.end(), unit);
    if (found == units_.end()) {
      units_.push_back(unit);
      return units_.size();
    }
    return static_cast<std::size_t>(found - units_.begin()) + 1;
  }
  const std::vector<std::string>& units() const { return units_; }

 private:
  std::vector<std::string> units_;
};

/// One event a line.
class Events {
 public:
  void add(const Json& event) {
    text_ += text_.empty() ? "\n" : ",\n";
    text_ += event.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string text() const { return "[" + text_ + "\n]"; }

 private:
  std::string text_;
};

void add_name(Events& events, const char* of, std::size_t track, const std::string& name) {
  events.add(
      {{"name", of}, {"ph", "M"}, {"pid", kProcess}, {"tid", track}, {"args", {{"name", name}}}});
}

void add_spans(Events& events, const std::vector<Span>& spans) {
  Tracks tracks;
  for (const Span& s : spans) {
    events.add({{"name", s.name},
                {"ph", "X"},
                {"ts", s.begin},
                {"dur", s.end - s.begin},
                {"pid", kProcess},
                {"tid", tracks.number(s.unit)}});
  }
  for (std::size_t t = 0; t < tracks.units().size(); ++t) {
    add_name(events, "thread_name", t + 1, tracks.units()[t]);
  }
}

void add_sample(Events& events, const Series& series, std::uint64_t cycle, const Json& value) {
  events.add({{"name", series.unit + ": " + series.name},
              {"ph", "C"},
              {"ts", cycle},
              {"pid", kProcess},
              {"args", {{series.rate_unit, value}}}});
}

void add_series(Events& events, const Series& series, const TimelineData& timeline) {
  double last = -1;
  for (std::size_t i = 0; i < series.amounts.size(); ++i) {
    const std::uint64_t begin = timeline.window.from + i * timeline.step;
    const std::uint64_t cycles = std::min(timeline.step, timeline.window.to - begin);
    const double rate = static_cast<double>(series.amounts[i]) / static_cast<double>(cycles);
    if (rate != last) add_sample(events, series, begin, rate);
    last = rate;
  }
  add_sample(events, series, timeline.window.to, 0);
}

std::string spans_text(const TimelineData& t) {
  if (t.spans_left_out == 0) return "every job that overlaps the window";
  return fmt::format(
      "jobs that begin before cycle {}; {} later ones are left out, --timeline {}:{} shows them",
      t.spans_before, t.spans_left_out, t.spans_before, t.window.to);
}

Json about(const std::string& machine, const TimelineData& t) {
  return {{"machine", machine},
          {"time_scale", "1 us is 1 cycle"},
          {"from_cycle", t.window.from},
          {"to_cycle", t.window.to},
          {"spans", spans_text(t)},
          {"spans_left_out", t.spans_left_out},
          {"counter_step_cycles", t.step},
          {"counters", fmt::format("means over {} cycles; what is counted once for a piece of work "
                                   "is spread evenly over its cycles",
                                   t.step)}};
}

}  // namespace

std::string timeline_json(const std::string& machine, const TimelineData& timeline) {
  Events events;
  add_name(events, "process_name", 0, machine);
  add_spans(events, timeline.spans);
  for (const Series& series : timeline.series) add_series(events, series, timeline);
  return fmt::format("{{\"displayTimeUnit\": \"ns\",\n\"otherData\": {},\n\"traceEvents\": {}}}\n",
                     about(machine, timeline).dump(1), events.text());
}

}  // namespace sim::report
