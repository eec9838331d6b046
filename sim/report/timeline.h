#pragma once

#include <string>

#include "sim/stats/timeline.h"

namespace sim::report {

/// Chrome trace events (open in Perfetto or chrome://tracing): one track a unit in the order of
/// first use, more for one with several jobs at a time; one counter track a series; one microsecond
/// on screen is one cycle. A series is written where its value changes and ends with 0. otherData
/// states what the file leaves out.
std::string timeline_json(const std::string& machine, const stats::TimelineData& timeline);

}  // namespace sim::report
