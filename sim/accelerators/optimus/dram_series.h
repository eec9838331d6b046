#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/hw/clock_ratio.h"
#include "sim/hw/dram.h"
#include "sim/hw/dram_command.h"
#include "sim/stats/timeline.h"

namespace sim::optimus {

/// What comes from DRAM over time: bytes of the DMA and, of a DRAM with banks, rows opened and
/// refreshes. Without a timeline it does nothing.
class DramSeries {
 public:
  /// Sees the commands of `dram`, which outlives it, from now on.
  DramSeries(stats::Timeline* timeline, const Config& config, hw::Dram& dram);
  DramSeries(const DramSeries&) = delete;
  DramSeries& operator=(const DramSeries&) = delete;

  /// A fetch asked for in cycle `asked` whose last bytes can be used in cycle `here`. Its bytes are
  /// spread evenly over the cycles since the one before had come, or it was before the DMA.
  void fetched(std::uint64_t asked, std::uint64_t here, std::uint64_t bytes);
  /// Commands issued since the last call.
  void draw_commands();

 private:
  stats::Timeline* timeline_;
  hw::ClockRatio ratio_;
  std::uint64_t drawn_until_ = 0;
  std::size_t bytes_ = 0;  // numbers of the series
  std::size_t activates_ = 0;
  std::size_t refreshes_ = 0;
  std::vector<std::vector<hw::IssuedCommand>> commands_{};  // by channel; empty: no banks
};

}  // namespace sim::optimus
