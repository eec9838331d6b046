#include "sim/report/timeline.h"

#include <algorithm>

#include "sim/report/text.h"

namespace sim::report {
namespace {

using Json = nlohmann::ordered_json;

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

Json name_of_track(std::size_t track, const std::string& unit) {
  return {
      {"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", track}, {"args", {{"name", unit}}}};
}

}  // namespace

std::string timeline_json(const std::vector<core::Span>& spans) {
  const std::size_t kept = std::min(spans.size(), kMaxTimelineSpans);
  Tracks tracks;
  Json events = Json::array();
  for (std::size_t i = 0; i < kept; ++i) {
    const core::Span& s = spans[i];
    events.push_back({{"name", s.name},
                      {"ph", "X"},
                      {"ts", s.begin},
                      {"dur", s.end - s.begin},
                      {"pid", 1},
                      {"tid", tracks.number(s.unit)}});
  }
  for (std::size_t t = 0; t < tracks.units().size(); ++t) {
    events.push_back(name_of_track(t + 1, tracks.units()[t]));
  }
  return json_text(
      {{"displayTimeUnit", "ns"},
       {"otherData", {{"time_scale", "1 us is 1 cycle"}, {"spans_left_out", spans.size() - kept}}},
       {"traceEvents", events}});
}

}  // namespace sim::report
