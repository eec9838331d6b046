#include "sim/accelerators/optimus/stream_beats.h"

#include <algorithm>

#include "sim/accelerators/optimus/stream_skip.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "sim/base/math.h"

namespace sim::optimus {

StreamBeats::StreamBeats(const EncodedMatrix& matrix,
                         std::vector<std::shared_ptr<const Occupancy>> occupancies,
                         const StreamConfig& config)
    : matrix_(matrix), occupancies_(std::move(occupancies)), config_(config) {
  for (const EncodedBlock& block : matrix.blocks) bounds_.push_back(bounds_of(block));
}

std::uint64_t StreamBeats::beats(std::size_t block, std::uint32_t tokens) {
  const std::uint32_t matters = config_.dram_bytes_per_cycle > 0 ? tokens : 1;
  const auto [found, is_new] = known_.try_emplace({block, matters});
  if (is_new) found->second = work_out(block, matters);
  return found->second;
}

std::uint64_t StreamBeats::work_out(std::size_t block, std::uint32_t tokens) const {
  const EncodedBlock& encoded = matrix_.blocks[block];
  if (!occupancies_.empty()) {
    return stream_skip(encoded, *occupancies_[block], config_, tokens).cycles / tokens;
  }
  StreamTick stream(encoded, config_, tokens);
  while (!stream.done()) stream.tick();
  return stream.counts().cycles / tokens;
}

StreamBeats::Bounds StreamBeats::bounds_of(const EncodedBlock& block) const {
  Bounds bounds{fewest_beats(config_, block.columns, block.longest_list()), 0};
  if (config_.dram_bytes_per_cycle == 0) return bounds;
  std::uint32_t used = 0;  // columns up to the last one with entries
  for (const Entry& entry : block.entries) used = std::max<std::uint32_t>(used, entry.column + 1);
  const std::vector<std::uint32_t> bytes = block.column_bytes();
  for (std::uint32_t j = 0; j < used; ++j) bounds.dram_bytes += bytes[j];
  return bounds;
}

std::uint64_t StreamBeats::at_least(std::size_t block, std::uint32_t tokens) {
  const Bounds& bounds = bounds_[block];
  if (config_.dram_bytes_per_cycle == 0) return bounds.resident;
  const std::uint64_t beat_bytes = std::uint64_t{tokens} * config_.dram_bytes_per_cycle;
  return std::max(bounds.resident, base::ceil_div(bounds.dram_bytes, beat_bytes));
}

std::uint64_t fewest_beats(const StreamConfig& config, std::uint64_t columns,
                           std::uint64_t longest) {
  if (!config.load_compute_matching) return longest;
  const std::uint64_t loads = base::ceil_div(columns, config.window.load_width_elements_per_cycle);
  return std::max(longest, loads - 1);  // the issue cycles bring in the first columns
}

}  // namespace sim::optimus
