#pragma once

#include <string>
#include <vector>

#include "sim/core/accelerator.h"

namespace sim::report {

constexpr std::size_t kMaxTimelineSpans = 200'000;

/// Chrome trace events (open in Perfetto or chrome://tracing): one track a unit, in the order of
/// first use; one microsecond on screen is one cycle. More than kMaxTimelineSpans spans are cut
/// off and the number left out is stated.
std::string timeline_json(const std::vector<core::Span>& spans);

}  // namespace sim::report
