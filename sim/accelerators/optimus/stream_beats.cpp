#include "sim/accelerators/optimus/stream_beats.h"

#include <algorithm>

#include "sim/accelerators/optimus/sparse_pass.h"
#include "sim/accelerators/optimus/stream_skip.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "sim/accelerators/optimus/weight_fetch.h"
#include "sim/base/math.h"

namespace sim::optimus {

StreamBeats::StreamBeats(const EncodedMatrix& matrix,
                         std::vector<std::shared_ptr<const Occupancy>> occupancies,
                         const Config& config)
    : matrix_(matrix),
      occupancies_(std::move(occupancies)),
      config_(config),
      stream_(StreamConfig::of(config)),
      arrivals_(matrix.blocks.size()) {
  for (const EncodedBlock& block : matrix.blocks) {
    fewest_.push_back(fewest_beats(stream_, block.columns, block.longest_list()));
  }
}

std::uint64_t StreamBeats::beats(std::size_t block, std::uint32_t tokens) {
  const std::uint32_t matters = config_.memories.streamed() ? tokens : 1;
  const auto [found, is_new] = known_.try_emplace({block, matters});
  if (is_new) found->second = work_out(block, matters);
  return found->second;
}

std::uint64_t StreamBeats::work_out(std::size_t block, std::uint32_t tokens) {
  const EncodedBlock& encoded = matrix_.blocks[block];
  ColumnArrivals in_stream = arrivals(block);
  const std::uint64_t before = before_stream(block, tokens);
  for (std::uint64_t& cycle : in_stream) cycle -= std::min(cycle, before);
  if (!occupancies_.empty()) {
    return stream_skip(encoded, *occupancies_[block], stream_, tokens, in_stream).cycles / tokens;
  }
  StreamTick stream(encoded, stream_, tokens, columns_here(in_stream));
  while (!stream.done()) stream.tick();
  return stream.counts().cycles / tokens;
}

const ColumnArrivals& StreamBeats::arrivals(std::size_t block) {
  ColumnArrivals& known = arrivals_[block];
  if (config_.memories.streamed() && known.empty()) {
    known = arrivals_when_idle(matrix_.blocks[block], config_);
  }
  return known;
}

std::uint64_t StreamBeats::before_stream(std::size_t block, std::uint32_t tokens) const {
  return PassCycles(config_).before_stream(matrix_.blocks[block].columns, tokens);
}

/// The last byte belongs to a column with entries, which execute in a beat that begins after it.
std::uint64_t StreamBeats::at_least(std::size_t block, std::uint32_t tokens) {
  const ColumnArrivals& columns = arrivals(block);
  if (columns.empty() || columns.back() == 0) return fewest_[block];
  const std::uint64_t last = columns.back();
  const std::uint64_t in_stream = last - std::min(last, before_stream(block, tokens));
  return std::max(fewest_[block], base::ceil_div(in_stream, tokens) + 1);
}

std::uint64_t fewest_beats(const StreamConfig& config, std::uint64_t columns,
                           std::uint64_t longest) {
  if (!config.load_compute_matching) return longest;
  const std::uint64_t loads = base::ceil_div(columns, config.window.load_width_elements_per_cycle);
  return std::max(longest, loads - 1);  // the issue cycles bring in the first columns
}

}  // namespace sim::optimus
