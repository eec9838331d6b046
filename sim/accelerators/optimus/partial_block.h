#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/workload/sparsity.h"

namespace sim::optimus {

/// Some of the columns of a block as a block of their own, which streams and is counted like any
/// other: columns numbered anew, lists without the entries of the others.
struct PartialBlock {
  EncodedBlock block;
  /// Words of the whole lists that hold an entry of these columns; one that holds entries of two of
  /// them in a row is read once.
  std::uint64_t weight_words = 0;
};

/// Columns of a block that a pass takes, in order.
struct TakenColumns {
  std::uint32_t first = 0;
  std::uint32_t count = 0;  // from the first on
  /// Of these, those whose input is not zero for all of so many tokens; null: all.
  const workload::Mask* nonzero = nullptr;
  std::uint32_t first_token = 0;  // a row of `nonzero`
  std::uint32_t tokens = 0;

  std::vector<std::uint32_t> list() const;
};

/// `entries_per_word`: of a word of a weight bank. `columns` in ascending order.
PartialBlock take_columns(const EncodedBlock& block, const std::vector<std::uint32_t>& columns,
                          std::uint32_t entries_per_word);

}  // namespace sim::optimus
