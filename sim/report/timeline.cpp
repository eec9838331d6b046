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

/// Tracks of spans. On one track viewers expect spans that do not overlap, so a unit that has
/// several jobs at a time gets as many tracks as it has at most.
class Tracks {
 public:
  /// Spans come by begin.
  explicit Tracks(const std::vector<Span>& spans) {
    for (const Span& s : spans) places_.push_back(place(s));
  }

  struct Place {
    std::size_t unit;
    std::size_t lane;
  };
  struct Unit {
    std::string name;
    std::vector<std::uint64_t> busy_until;  // of each lane
  };

  /// In the order of first use.
  const std::vector<Unit>& units() const { return units_; }

  /// Numbers from 1, the lanes of a unit in a row.
  std::size_t number(Place place) const {
    std::size_t number = 1 + place.lane;
    for (std::size_t u = 0; u < place.unit; ++u) number += units_[u].busy_until.size();
    return number;
  }
  std::size_t number_of_span(std::size_t i) const { return number(places_[i]); }

 private:
  Place place(const Span& span) {
    const auto same = [&](const Unit& u) { return u.name == span.unit; };
    auto unit = std::find_if(units_.begin(), units_.end(), same);
    if (unit == units_.end()) unit = units_.insert(units_.end(), {span.unit, {}});
    auto& lanes = unit->busy_until;
    auto lane = std::find_if(lanes.begin(), lanes.end(),
                             [&](std::uint64_t until) { return until <= span.begin; });
    if (lane == lanes.end()) lane = lanes.insert(lanes.end(), 0);
    *lane = span.end;
    return {static_cast<std::size_t>(unit - units_.begin()),
            static_cast<std::size_t>(lane - lanes.begin())};
  }

  std::vector<Unit> units_;
  std::vector<Place> places_;
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
  const Tracks tracks(spans);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    events.add({{"name", spans[i].name},
                {"ph", "X"},
                {"ts", spans[i].begin},
                {"dur", spans[i].end - spans[i].begin},
                {"pid", kProcess},
                {"tid", tracks.number_of_span(i)}});
  }
  for (std::size_t u = 0; u < tracks.units().size(); ++u) {
    const auto& [name, lanes] = tracks.units()[u];
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      const std::string shown = lane == 0 ? name : fmt::format("{} ({})", name, lane + 1);
      add_name(events, "thread_name", tracks.number({u, lane}), shown);
    }
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
