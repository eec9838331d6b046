#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

/// Beats of the streams of a matrix, exact, each worked out once: by skipping when the matrix's
/// occupancies are there, by ticking otherwise. Tokens change beats only when weights come from
/// DRAM.
class StreamBeats {
 public:
  /// `matrix` outlives this; `occupancies`: of each block, or none.
  StreamBeats(const EncodedMatrix& matrix,
              std::vector<std::shared_ptr<const Occupancy>> occupancies,
              const StreamConfig& config);

  std::uint64_t beats(std::size_t block, std::uint32_t tokens);
  /// No stream has fewer; cheap.
  std::uint64_t at_least(std::size_t block, std::uint32_t tokens);

 private:
  struct Bounds {
    std::uint64_t resident = 0;    // beats whatever the tokens
    std::uint64_t dram_bytes = 0;  // that must be here before the last entry can run
  };

  std::uint64_t work_out(std::size_t block, std::uint32_t tokens) const;
  Bounds bounds_of(const EncodedBlock& block) const;

  const EncodedMatrix& matrix_;
  std::vector<std::shared_ptr<const Occupancy>> occupancies_;
  StreamConfig config_;
  std::vector<Bounds> bounds_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::uint64_t> known_;
};

/// Beats below which no stream of `columns` inputs stays that gives a MAC `longest` entries.
std::uint64_t fewest_beats(const StreamConfig& config, std::uint64_t columns,
                           std::uint64_t longest);

}  // namespace sim::optimus
