#pragma once

#include <cstdint>
#include <string>

#include "sim/hw/clock.h"
#include "sim/stats/timeline.h"

namespace sim::hw {

/// How many things wait in a queue, as a series of the timeline. Without one it does nothing.
class WaitingSeries {
 public:
  /// `things` is a plural: commands, parts.
  WaitingSeries(stats::Timeline* timeline, const std::string& unit, const std::string& things)
      : timeline_(timeline) {
    if (timeline_ != nullptr) series_ = timeline_->series(unit, "waiting_" + things, things);
  }

  /// One of them waited from cycle `since` until now.
  void add(std::uint64_t since) {
    if (timeline_ != nullptr) timeline_->add(series_, since, now(), now() - since);
  }

 private:
  stats::Timeline* timeline_;
  std::size_t series_ = 0;
};

}  // namespace sim::hw
