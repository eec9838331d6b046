#pragma once

#include <cstdint>
#include <map>

#include "sim/accelerators/optimus/array_counts.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/sparse_pass.h"

namespace sim::optimus {

/// What sparse passes read, write and add: it follows from blocks and tokens, whatever the timing.
/// Sums are added over ways and written once for all passes of a block's columns. Bytes from DRAM
/// are not among it. Streamed weights are written to the banks in each pass, as
/// often as they are read.
class PassEvents {
 public:
  /// `config` outlives this, and so do the blocks of all passes that take all columns.
  explicit PassEvents(const Config& config) : config_(config) {}

  ArrayEvents of(const SparsePass& pass);

 private:
  /// Of one streaming of a block, the same for any number of tokens.
  struct Streaming {
    std::uint64_t set_columns = 0;  // columns that sets take, all sets together
    std::uint64_t weight_words = 0;
    std::uint64_t column_marks = 0;
    std::uint64_t column_reads = 0;
  };

  Streaming streaming(const SparsePass& pass);
  const Streaming& streaming(const EncodedBlock& block);
  void count_lists(const EncodedBlock& block, Streaming& once) const;

  const Config& config_;
  std::map<const EncodedBlock*, Streaming> known_;
};

}  // namespace sim::optimus
