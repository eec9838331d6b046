#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

/// Beats of the streams of a matrix, each worked out once: by skipping when the matrix's
/// occupancies are there, by ticking otherwise. Tokens change beats only when weights come from
/// DRAM. Then each pass is taken to ask an idle DRAM in its first cycle. That is exact for memories
/// that do not remember what came before (DramFetch::repeats); with banks it leaves out what rows
/// and refreshes carry over from pass to pass, and with prefetching that weights come sooner.
class StreamBeats {
 public:
  /// `matrix` and `config` outlive this; `occupancies`: of each block, or none.
  StreamBeats(const EncodedMatrix& matrix,
              std::vector<std::shared_ptr<const Occupancy>> occupancies, const Config& config);

  std::uint64_t beats(std::size_t block, std::uint32_t tokens);
  /// No stream has fewer; cheap.
  std::uint64_t at_least(std::size_t block, std::uint32_t tokens);

 private:
  std::uint64_t work_out(std::size_t block, std::uint32_t tokens);
  /// From the first cycle of a pass on; empty when weights are resident.
  const ColumnArrivals& arrivals(std::size_t block);
  /// Cycles of a pass before its stream.
  std::uint64_t before_stream(std::size_t block, std::uint32_t tokens) const;

  const EncodedMatrix& matrix_;
  std::vector<std::shared_ptr<const Occupancy>> occupancies_;
  const Config& config_;
  StreamConfig stream_;
  std::vector<std::uint64_t> fewest_;     // of each block, if all weights were here
  std::vector<ColumnArrivals> arrivals_;  // of each block, when asked for
  std::map<std::pair<std::size_t, std::uint32_t>, std::uint64_t> known_;
};

/// Beats below which no stream of `columns` inputs stays that gives a MAC `longest` entries.
std::uint64_t fewest_beats(const StreamConfig& config, std::uint64_t columns,
                           std::uint64_t longest);

}  // namespace sim::optimus
