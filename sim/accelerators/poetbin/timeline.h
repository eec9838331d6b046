#pragma once

#include "sim/accelerators/poetbin/program.h"
#include "sim/accelerators/poetbin/run_record.h"
#include "sim/stats/timeline.h"

namespace sim::poetbin {

/// Draws samples on the source, the machine and the sink, the slots of a fabric, and how many
/// samples are taken and delivered.
class TimelineObserver final : public Observer {
 public:
  TimelineObserver(const Program& program, stats::Timeline& timeline);

  void sample(std::uint64_t index, const SampleTimes& times) override;
  void issue(std::uint64_t sample, std::uint32_t slot, std::uint64_t cycle) override;

 private:
  const Program& program_;
  stats::Timeline& timeline_;
  std::size_t words_, delivered_;
};

}  // namespace sim::poetbin
