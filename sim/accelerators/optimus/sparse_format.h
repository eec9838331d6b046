#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/row_placement.h"
#include "sim/base/math.h"
#include "sim/workload/sparsity.h"

namespace sim::optimus {

constexpr std::uint16_t kFillerSlot = 0xffff;
constexpr std::uint16_t kPaddingSlot = 0xfffe;
constexpr std::uint32_t kMaxSlots = kPaddingSlot;
constexpr std::uint32_t kMaxColumns = 0xffff;  // an entry's column is held in 16 bits

/// One cycle of work of a MAC: a kept weight, or a filler of value zero that only moves on to a
/// column (delta marks), or the visit of a column that holds nothing (pointers, column lengths), or
/// a padding zero, which only moves on to a row.
struct Entry {
  std::uint16_t column;
  std::uint16_t slot;  // kFillerSlot, kPaddingSlot: filler

  bool filler() const { return slot >= kMaxSlots; }
  /// Beside column marks.
  bool stored() const { return slot != kFillerSlot; }
  bool operator==(const Entry&) const = default;
};

/// As many rows of a matrix as the accumulators hold at once, streamed in one pass over all
/// columns. Lists in order of set, then way: list s * ways + w, of way w of set s. With the
/// run-time choice of ways there is one list a set instead, its queue, from which `ways` MACs take
/// entries.
struct EncodedBlock {
  std::uint32_t columns = 0;  // W
  std::uint32_t sets = 0;     // S
  std::uint32_t ways = 0;     // m
  std::uint32_t slots = 0;    // R of this block
  bool runtime_ways = false;

  std::vector<std::uint32_t> rows;   // matrix row at [set * slots + slot], or kNoRow
  std::vector<std::uint32_t> begin;  // list l is entries[begin[l] … begin[l + 1])
  std::vector<Entry> entries;        // in column order within a list

  std::uint64_t useful = 0;   // entries that are kept weights
  std::uint64_t fillers = 0;  // the others

  // Storage. Slot bits are those of the matrix's largest block. A filler is an entry like any other
  // with delta marks, and so is padding; the visit of a column that holds nothing takes no storage:
  // there the column marks say the same.
  std::uint32_t entry_bits = 0;  // weight, slot or zeros and, with delta marks, column distance
  std::uint32_t column_marks =
      0;                          // of each list that is not empty: W + 1 pointers, W lengths, or 0
  std::uint32_t column_bits = 0;  // of a pointer or length

  std::uint32_t macs() const { return sets * ways; }
  /// Rows of the matrix among the sets' slots.
  std::uint64_t matrix_rows() const;
  std::uint32_t lists() const { return static_cast<std::uint32_t>(begin.size()) - 1; }
  std::uint32_t list_length(std::uint32_t l) const { return begin[l + 1] - begin[l]; }
  std::span<const Entry> list(std::uint32_t l) const {
    return {entries.data() + begin[l], list_length(l)};
  }
  std::uint32_t row(std::uint32_t set, std::uint32_t slot) const {
    return rows[std::size_t{set} * slots + slot];
  }

  /// Cycles the slowest MAC needs at least: the longest list, or ceil(longest queue / ways).
  std::uint32_t longest_list() const;
  /// Entries of list l that are stored.
  std::uint64_t stored_entries(std::uint32_t l) const;
  /// Words of `entries_per_word` that they fill, the last one perhaps in part.
  std::uint64_t list_words(std::uint32_t l, std::uint32_t entries_per_word) const {
    return base::ceil_div(stored_entries(l), entries_per_word);
  }
  std::uint32_t list_marks(std::uint32_t l) const { return list_length(l) > 0 ? column_marks : 0; }
  /// Bits of list l with its column marks; of all lists.
  std::uint64_t list_bits(std::uint32_t l) const;
  std::uint64_t storage_bits() const;
  /// Bytes of each column, all lists together, rounded up to whole bytes: the unit in which weights
  /// come from DRAM.
  std::vector<std::uint32_t> column_bytes() const;
};

/// One matrix, or several that multiply the same input, in the array's format.
struct EncodedMatrix {
  std::uint32_t rows = 0;  // of all parts, stacked in the order given
  std::uint32_t columns = 0;
  RowPlacement placement;
  std::vector<EncodedBlock> blocks;  // at least one; slots 0…, in order; with a stride, a sample

  /// R of the largest block.
  std::uint32_t most_slots() const;
  std::uint64_t useful() const;
  std::uint64_t fillers() const;
  std::uint64_t storage_bits() const;
  /// Held in memory.
  std::uint64_t bytes() const;
};

struct EncodingConfig {
  SparseFormat sparse;
  std::uint32_t macs;                  // N
  std::uint32_t accumulators_per_mac;  // A
  Accumulators accumulators;           // shared: a block may fill the accumulators of a whole set
  std::uint32_t weight_bits;
  std::uint32_t most_slots = 0;  // rows of a set in a block; 0: as many as the accumulators hold
  std::uint32_t stride = 1;      // n: only the middle one of each n blocks

  std::uint32_t sets() const { return macs / sparse.ways; }

  static EncodingConfig of(const Config& config);
};

/// Encodes the kept weights of `parts`, matrices with equal column counts. Columns are walked in
/// order, a set's rows by slot; with the offline choice an entry goes to the way of its set that
/// has the fewest entries so far, fillers included, of these to the one that stores the fewest, the
/// lowest on a tie. Throws base::WorkloadError for no part, an empty matrix, unequal or more than
/// kMaxColumns columns.
EncodedMatrix encode(std::span<const workload::Mask* const> parts, const EncodingConfig& config);

/// How the rows of a matrix are dealt, without their entries: what any cut into blocks must do.
struct RowLoads {
  std::uint32_t slots = 0;                   // R of the whole matrix
  std::uint32_t sets = 0;                    // S
  std::vector<std::uint64_t> rows_until;     // rows in slots 0 … s - 1, for s = 0 … R
  std::vector<std::uint64_t> weights_until;  // kept weights there, at [s * S + set]

  std::uint64_t rows(std::uint32_t first, std::uint32_t count) const;
  /// Kept weights of the fullest set.
  std::uint64_t fullest_set(std::uint32_t first, std::uint32_t count) const;
  std::uint64_t kept_weights(std::uint32_t first, std::uint32_t count) const;
  std::uint64_t kept_weights() const { return kept_weights(0, slots); }
  /// Held in memory.
  std::uint64_t bytes() const;
};

RowLoads row_loads(std::span<const workload::Mask* const> parts, const EncodingConfig& config);

}  // namespace sim::optimus
