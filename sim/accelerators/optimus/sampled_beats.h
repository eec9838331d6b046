#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/accelerators/optimus/matrix_library.h"
#include "sim/accelerators/optimus/stream_beats.h"
#include "sim/accelerators/optimus/tile_cost.h"

namespace sim::optimus {

/// A cut of a matrix into blocks, without their entries.
struct Cut {
  std::vector<BlockShape> blocks;
  std::vector<std::uint64_t> fewest;  // beats of each block that its stream is never below
};

/// Of a matrix whose rows are dealt as `loads` says, in blocks of at most `rows` rows a set.
Cut cut_rows(const RowLoads& loads, std::uint32_t columns, std::uint32_t rows, std::uint32_t ways,
             const StreamConfig& config);

/// The beats of all blocks of a cut by every `stride`-th of them: as many times the fewest as the
/// sampled blocks need together. Exact when the stride is 1.
class SampledBeats {
 public:
  /// `cut` and `config` outlive this; `sample`: its blocks as MatrixLibrary maps them with this
  /// stride.
  SampledBeats(const Cut& cut, const MatrixLibrary::Mapped& sample, std::uint32_t stride,
               const Config& config);

  std::uint64_t beats(std::size_t block, std::uint32_t tokens);
  /// Never above beats(); cheap.
  std::uint64_t at_least(std::size_t block, std::uint32_t tokens);

 private:
  struct Sums {
    std::uint64_t at_least = 0;
    std::uint64_t beats = 0;
  };

  std::uint64_t scaled(std::size_t block, std::uint64_t sum) const;
  const Sums& in_sample(std::uint32_t tokens);

  const Cut& cut_;
  MatrixLibrary::Mapped sample_;
  StreamBeats stream_;
  std::uint32_t stride_;
  std::uint64_t fewest_ = 0;  // of the sample
  std::map<std::uint32_t, Sums> sums_;
};

}  // namespace sim::optimus
