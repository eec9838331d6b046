#include "sim/accelerators/optimus/sampled_beats.h"

#include <algorithm>

#include "sim/base/math.h"

namespace sim::optimus {

Cut cut_rows(const RowLoads& loads, std::uint32_t columns, std::uint32_t rows, std::uint32_t ways,
             const StreamConfig& config) {
  Cut cut;
  for (std::uint32_t first = 0; first < loads.slots; first += rows) {
    const std::uint32_t slots = std::min(rows, loads.slots - first);
    const std::uint64_t longest = base::ceil_div(loads.fullest_set(first, slots), ways);
    cut.blocks.push_back({loads.rows(first, slots), columns, slots});
    cut.fewest.push_back(fewest_beats(config, columns, longest));
  }
  return cut;
}

SampledBeats::SampledBeats(const Cut& cut, const MatrixLibrary::Mapped& sample,
                           std::uint32_t stride, const Config& config)
    : cut_(cut),
      sample_(sample),
      stream_(*sample_.matrix, sample_.occupancy, config),
      stride_(stride) {
  for (std::size_t b = stride / 2; b < cut.blocks.size(); b += stride) fewest_ += cut.fewest[b];
}

std::uint64_t SampledBeats::beats(std::size_t block, std::uint32_t tokens) {
  if (stride_ == 1) return stream_.beats(block, tokens);
  return scaled(block, in_sample(tokens).beats);
}

std::uint64_t SampledBeats::at_least(std::size_t block, std::uint32_t tokens) {
  if (stride_ == 1) return stream_.at_least(block, tokens);
  return scaled(block, in_sample(tokens).at_least);
}

std::uint64_t SampledBeats::scaled(std::size_t block, std::uint64_t sum) const {
  return cut_.fewest[block] * sum / std::max<std::uint64_t>(fewest_, 1);
}

const SampledBeats::Sums& SampledBeats::in_sample(std::uint32_t tokens) {
  const auto [found, is_new] = sums_.try_emplace(tokens);
  for (std::size_t b = 0; is_new && b < sample_.matrix->blocks.size(); ++b) {
    found->second.at_least += stream_.at_least(b, tokens);
    found->second.beats += stream_.beats(b, tokens);
  }
  return found->second;
}

}  // namespace sim::optimus
