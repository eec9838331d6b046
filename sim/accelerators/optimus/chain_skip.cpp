#include "sim/accelerators/optimus/chain_skip.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "sim/base/check.h"
#include "sim/base/vector_clones.h"

namespace sim::optimus {
namespace {

/// Asks for memory that is needed soon; the rows of a block are further apart than the hardware
/// looks ahead.
template <class T>
void prefetch(std::span<const T> row) {
  const auto* const bytes = reinterpret_cast<const char*>(row.data());
  for (std::size_t at = 0; at < row.size_bytes(); at += 64) __builtin_prefetch(bytes + at);
}

/// A beat in which columns from `first` on became visible.
struct Arrival {
  std::uint32_t first;
  std::uint32_t beat;
};

constexpr std::size_t kBeatsAhead = 4;  // of a use, memory is asked for

struct Window {
  std::uint32_t columns;  // W
  std::uint32_t width;    // B
  std::uint32_t depth;    // D
};

struct Timeline {
  std::uint32_t beats = 0;
  std::vector<Arrival> arrivals;
};

SIM_VECTOR_CLONES Timeline run(const Chains& chains, const Window& window) {
  Timeline timeline;
  std::vector<std::uint16_t> unfinished;  // first unfinished column after a beat, as known so far
  std::uint32_t seen = 0;
  std::uint32_t filled = std::min({window.columns, window.width, window.depth});
  std::uint32_t base = chains.first(0);
  std::uint32_t beat = 0;
  std::uint32_t asked = 0;  // column whose chain was prefetched last
  while (base < window.columns || filled < window.columns) {
    ++beat;
    const auto none_left = static_cast<std::uint16_t>(window.columns);
    if (filled > seen) {
      const auto chain = chains.from(seen);
      timeline.arrivals.push_back({seen, beat});
      unfinished.resize(std::max(unfinished.size(), beat + chain.size()), none_left);
      std::uint16_t* const from_here = &unfinished[beat - 1];
      for (std::size_t c = 1; c < chain.size(); ++c) {
        from_here[c] = std::min(from_here[c], chain[c]);
      }
      seen = filled;
    }
    base = beat < unfinished.size() ? unfinished[beat] : none_left;
    base = std::min<std::uint32_t>(base, chains.first(filled));
    filled = std::min({window.columns, filled + window.width, base + window.depth});
    if (const std::size_t later = beat + kBeatsAhead; later < unfinished.size()) {
      const std::uint32_t likely = unfinished[later] + window.depth;  // unless the load is slower
      if (likely < window.columns && likely != asked) prefetch(chains.from(likely));
      asked = likely;
    }
  }
  timeline.beats = beat;
  return timeline;
}

/// Beats before an arrival that the least advanced way did not use; 0 when all have finished.
std::uint32_t slack(const Progress& progress, const Arrival& arrival) {
  const std::uint32_t before = arrival.beat - 1;
  return before - std::min(before, progress.least(arrival.first));
}

template <class Stalls>
std::uint64_t sum_stalls(const Progress& progress, const Timeline& timeline) {
  std::vector<Stalls> stalls(progress.lanes());
  for (std::size_t i = 0; i < timeline.arrivals.size(); ++i) {
    if (i + kBeatsAhead < timeline.arrivals.size()) {
      progress.prefetch(timeline.arrivals[i + kBeatsAhead].first);
    }
    const Arrival& arrival = timeline.arrivals[i];
    const auto beats = static_cast<Stalls>(slack(progress, arrival));
    if (beats > 0) progress.raise(arrival.first, beats, stalls.data());
  }
  const auto end = stalls.begin() + static_cast<std::ptrdiff_t>(progress.macs());
  return std::accumulate(stalls.begin(), end, std::uint64_t{0});
}

std::uint64_t count_stalls(const Progress& progress, const Timeline& timeline) {
  std::uint32_t most = 0;
  for (const Arrival& arrival : timeline.arrivals) {
    most = std::max(most, slack(progress, arrival));
  }
  return most <= Progress::kFinished ? sum_stalls<std::uint8_t>(progress, timeline)
                                     : sum_stalls<std::uint32_t>(progress, timeline);
}

}  // namespace

StreamCounts chain_skip(const Occupancy& occupancy, std::uint32_t block_columns,
                        const StreamConfig& config) {
  SIM_CHECK(occupancy.chains && occupancy.progress, "the block has no chains");
  const Window window{.columns = block_columns,
                      .width = config.load_compute_matching
                                   ? config.window.load_width_elements_per_cycle
                                   : block_columns,
                      .depth = config.window.columns};
  const Timeline timeline = run(*occupancy.chains, window);
  StreamCounts counts;
  counts.cycles = timeline.beats;
  counts.load_stalls = count_stalls(*occupancy.progress, timeline);
  return counts;
}

}  // namespace sim::optimus
