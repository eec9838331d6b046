#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/stats/stats.h"

namespace sim::stats {

/// Cycles [from, to) of a run.
struct CycleWindow {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

/// A job of a unit. Cycles are absolute.
struct Span {
  std::string unit;
  std::string name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// A count of a unit over time: amounts[i] fell into cycles from + [i, i+1) * step.
struct Series {
  std::string unit;
  std::string name;       // that of the unit's counter, where the amounts sum up to it
  std::string rate_unit;  // of an amount divided by cycles
  std::vector<std::uint64_t> amounts;
};

struct TimelineLimits {
  std::size_t spans = 200'000;
  std::size_t steps = 1024;  // of each series
};

/// What a machine did in a window of cycles.
struct TimelineData {
  CycleWindow window;              // as asked for, but not beyond the run
  std::uint64_t step = 1;          // cycles of an amount; the last may be of fewer
  std::vector<Span> spans;         // by begin; all that overlap the window and begin before:
  std::uint64_t spans_before = 0;  // this cycle
  std::uint64_t spans_left_out = 0;
  std::vector<Series> series;  // those that are not zero throughout
};

/// Collects spans and series during a run, in bounded memory. What it holds at the end does not
/// depend on the order of calls, nor on how a stretch with one event a cycle was cut into calls:
/// engines that agree on what happened leave equal timelines.
class Timeline {
 public:
  explicit Timeline(CycleWindow window, TimelineLimits limits = {});

  /// A job of `unit` in cycles [begin, end); left out when it does not overlap the window. With
  /// more than the limit, those that begin last are left out.
  void span(std::string unit, std::string name, std::uint64_t begin, std::uint64_t end);

  /// Declares a series; its number is for add(). Series are kept in the order of declaration.
  std::size_t series(std::string unit, std::string name, std::string rate_unit);

  /// `amount` events of a series, spread evenly over cycles [begin, end); what falls outside the
  /// window is left out. An amount in no time (begin = end) counts in the cycle before. Steps start
  /// at one cycle and double when the window needs more of them than the limit.
  void add(std::size_t series, std::uint64_t begin, std::uint64_t end, std::uint64_t amount);

  /// What was collected in a run of `cycles`.
  TimelineData take(std::uint64_t cycles);

 private:
  void keep_earliest();
  void make_room(std::uint64_t end);

  TimelineLimits limits_;
  TimelineData data_;
};

/// The counters of a struct of counts as series of a timeline. Without a timeline it does nothing.
template <class Counts>
class CountSeries {
 public:
  CountSeries(Timeline* timeline, const std::string& unit, std::span<const Field<Counts>> fields)
      : timeline_(timeline), fields_(fields) {
    if (timeline_ == nullptr) return;
    for (const auto& f : fields_) {
      const std::string rate_unit = std::string(f.unit) + "/cycle";
      series_.push_back(timeline_->series(unit, std::string(f.name), rate_unit));
    }
  }

  /// What was counted from `before` to `after`, over cycles [begin, end).
  void add(const Counts& before, const Counts& after, std::uint64_t begin, std::uint64_t end) {
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const std::uint64_t amount = after.*fields_[i].member - before.*fields_[i].member;
      if (amount > 0) timeline_->add(series_[i], begin, end, amount);
    }
  }

 private:
  Timeline* timeline_;
  std::span<const Field<Counts>> fields_;
  std::vector<std::size_t> series_;
};

}  // namespace sim::stats
