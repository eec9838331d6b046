#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/dram_fetch.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// Where things lie in DRAM, from address 0 on: the blocks of streamed weights in the order of
/// layers and passes, each column after column, then the embedding tables row after row. Each block
/// and table begins at a multiple of dram_request_bytes.
class DramLayout {
 public:
  /// `program` outlives this.
  DramLayout(const Program& program, const Config& config);

  struct Weights {
    std::uint64_t address = 0;
    std::vector<std::uint64_t> bytes_until{};  // all bytes of columns 0 … j

    std::uint64_t bytes() const { return bytes_until.back(); }
  };
  /// Of a block of the program, when weights are streamed.
  const Weights& weights(const EncodedBlock& block) const { return weights_.at(&block); }

  /// The rows that embed the token at a position: its own and the position's. Tokens are values,
  /// which timing does not know: they are spread over the table, the same in every sentence. A
  /// table of unknown size has one row.
  std::vector<DramRun> rows(const Layer& embedding, std::uint64_t position) const;

  /// Bytes from address 0 to the end of all.
  std::uint64_t bytes() const { return end_; }

 private:
  std::uint64_t place(std::uint64_t bytes);

  const Program& program_;
  std::uint64_t align_;
  std::uint64_t weight_bits_;
  std::uint64_t end_ = 0;
  std::map<const EncodedBlock*, Weights> weights_;
  std::vector<std::uint64_t> tables_;  // addresses
};

/// All bytes of columns 0 … j of a block, for each j.
std::vector<std::uint64_t> bytes_until(const EncodedBlock& block);

}  // namespace sim::optimus
