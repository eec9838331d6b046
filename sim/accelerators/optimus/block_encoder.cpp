#include "sim/accelerators/optimus/block_encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using Tile = std::array<std::uint64_t, 64>;  // 64 rows of 64 bits

/// Exchanges rows and columns (Warren, "Hacker's Delight", section 7-3, bit 0 = column 0).
void transpose(Tile& tile) {
  std::uint64_t mask = 0x0000'0000'ffff'ffffULL;
  for (std::uint32_t step = 32; step != 0; step /= 2, mask ^= mask << step) {
    for (std::uint32_t row = 0; row < 64; row = (row + step + 1) & ~step) {
      const std::uint64_t swap = ((tile[row] >> step) ^ tile[row + step]) & mask;
      tile[row] ^= swap << step;
      tile[row + step] ^= swap;
    }
  }
}

/// Writes the lists of one set: each way's with the offline choice, else the one queue.
class SetEncoder {
 public:
  explicit SetEncoder(const EncodingConfig& config)
      : delta_(config.sparse.column_mark == ColumnMark::kDelta),
        reach_((1u << (delta_ ? config.sparse.delta_bits : 0)) - 1),
        rows_(config.sparse.row_mark == RowMark::kZeros ? 1u << config.sparse.row_bits : 0),
        lists_(config.sparse.way_choice == WayChoice::kRuntime ? 1 : config.sparse.ways),
        positions_(lists_.size()),
        next_rows_(lists_.size()),
        loads_(lists_.size()) {}

  void start() {
    for (auto& list : lists_) list.clear();
    std::fill(positions_.begin(), positions_.end(), 0u);
    std::fill(loads_.begin(), loads_.end(), 0u);
  }

  void keep(std::uint32_t column, std::uint32_t slot) {
    const std::size_t l = least_loaded();
    if (delta_) bridge(l, column);
    if (rows_ > 0) pad(l, column, slot);
    push(l, column, static_cast<std::uint16_t>(slot));
  }

  /// Without delta marks a list visits every column.
  void end_column(std::uint32_t column) {
    if (delta_) return;
    std::fill(next_rows_.begin(), next_rows_.end(), 0u);
    for (std::size_t l = 0; l < lists_.size(); ++l) {
      if (lists_[l].empty() || positions_[l] != column) push(l, column, kFillerSlot);
    }
  }

  const std::vector<std::vector<Entry>>& lists() const { return lists_; }

 private:
  std::size_t least_loaded() const {
    return static_cast<std::size_t>(std::min_element(loads_.begin(), loads_.end()) -
                                    loads_.begin());
  }

  void bridge(std::size_t l, std::uint32_t column) {
    while (column - positions_[l] > reach_) push(l, positions_[l] + reach_, kFillerSlot);
  }

  /// A padding zero stands behind as many zeros as an entry can state.
  void pad(std::size_t l, std::uint32_t column, std::uint32_t slot) {
    for (; slot - next_rows_[l] >= rows_; next_rows_[l] += rows_) push(l, column, kPaddingSlot);
    next_rows_[l] = slot + 1;
  }

  void push(std::size_t l, std::uint32_t column, std::uint16_t slot) {
    const Entry entry{static_cast<std::uint16_t>(column), slot};
    lists_[l].push_back(entry);
    positions_[l] = column;
    loads_[l] += kCycle + (entry.stored() || delta_ ? 1 : 0);
  }

  static constexpr std::uint64_t kCycle = std::uint64_t{1} << 32;

  bool delta_;
  std::uint32_t reach_;  // longest column distance that an entry can state
  std::uint32_t rows_;   // that an entry moves on by at most; 0: it states its slot
  std::vector<std::vector<Entry>> lists_;
  std::vector<std::uint32_t> positions_;  // column of each list's last entry, 0 before the first
  std::vector<std::uint32_t> next_rows_;  // of each list, in this column: behind the last entry
  // Of each list, cycles that it takes, then entries that it stores: visits of empty columns make
  // lists equally long that hold unequally much.
  std::vector<std::uint64_t> loads_;
};

/// Walks the kept weights of one set in order of column, then slot.
class SetWalk {
 public:
  SetWalk(std::span<const std::uint64_t* const> rows, const EncodedBlock& block, std::uint32_t set)
      : columns_(block.columns), tiles_(base::ceil_div(block.slots, 64)) {
    for (std::uint32_t slot = 0; slot < block.slots; ++slot) {
      const std::uint32_t row = block.row(set, slot);
      rows_.push_back(row == kNoRow ? nullptr : rows[row]);
    }
  }

  void write(SetEncoder& encoder) {
    for (std::uint32_t first = 0; first < columns_; first += 64) {
      load(first / 64);
      const std::uint32_t count = std::min(64u, columns_ - first);
      for (std::uint32_t c = 0; c < count; ++c) {
        write_column(encoder, first + c, c);
        encoder.end_column(first + c);
      }
    }
  }

 private:
  void load(std::uint32_t word) {
    for (Tile& tile : tiles_) tile.fill(0);
    for (std::size_t slot = 0; slot < rows_.size(); ++slot) {
      if (rows_[slot] != nullptr) tiles_[slot / 64][slot % 64] = rows_[slot][word];
    }
    for (Tile& tile : tiles_) transpose(tile);
  }

  void write_column(SetEncoder& encoder, std::uint32_t column, std::uint32_t c) const {
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
      for (std::uint64_t bits = tiles_[t][c]; bits != 0; bits &= bits - 1) {
        const auto slot = 64 * t + static_cast<std::size_t>(std::countr_zero(bits));
        encoder.keep(column, static_cast<std::uint32_t>(slot));
      }
    }
  }

  std::uint32_t columns_;
  std::vector<const std::uint64_t*> rows_;  // by slot; null: none
  std::vector<Tile> tiles_;                 // of 64 columns, 64 slots each, transposed
};

bool has_rows(const EncodedBlock& block, std::uint32_t set) {
  for (std::uint32_t slot = 0; slot < block.slots; ++slot) {
    if (block.row(set, slot) != kNoRow) return true;
  }
  return false;
}

void append(const SetEncoder& encoder, EncodedBlock& block) {
  for (const std::vector<Entry>& list : encoder.lists()) {
    block.entries.insert(block.entries.end(), list.begin(), list.end());
    block.begin.push_back(base::narrow<std::uint32_t>(block.entries.size()));
  }
}

/// Stored entries of the fullest list; of the fullest column of a list.
struct Fullest {
  std::uint32_t list = 0;
  std::uint32_t column = 0;
};

Fullest fullest(const EncodedBlock& block) {
  Fullest most;
  for (std::uint32_t l = 0; l < block.lists(); ++l) {
    std::uint32_t stored = 0;
    std::uint32_t here = 0;
    std::uint32_t column = 0;
    for (const Entry& entry : block.list(l)) {
      if (!entry.stored()) continue;
      here = entry.column == column ? here + 1 : 1;
      column = entry.column;
      most.column = std::max(most.column, here);
      ++stored;
    }
    most.list = std::max(most.list, stored);
  }
  return most;
}

void size_storage(const SparseFormat& format, std::uint32_t weight_bits, std::uint32_t slot_bits,
                  EncodedBlock& block) {
  block.entry_bits =
      weight_bits + (format.row_mark == RowMark::kZeros ? format.row_bits : slot_bits);
  switch (format.column_mark) {
    case ColumnMark::kDelta:
      block.entry_bits += format.delta_bits;
      return;
    case ColumnMark::kPointer:
      block.column_marks = block.columns + 1;
      block.column_bits = base::ceil_log2(std::uint64_t{fullest(block).list} + 1);
      return;
    case ColumnMark::kColumnLength:
      block.column_marks = block.columns;
      block.column_bits = base::ceil_log2(std::uint64_t{fullest(block).column} + 1);
      return;
  }
}

}  // namespace

void encode_block(std::span<const std::uint64_t* const> rows, const EncodingConfig& config,
                  std::uint32_t slot_bits, EncodedBlock& block) {
  block.runtime_ways = config.sparse.way_choice == WayChoice::kRuntime;
  block.begin = {0};
  SetEncoder encoder(config);
  for (std::uint32_t set = 0; set < block.sets; ++set) {
    encoder.start();
    if (has_rows(block, set)) SetWalk(rows, block, set).write(encoder);
    append(encoder, block);
  }
  block.entries.shrink_to_fit();
  block.fillers =
      static_cast<std::uint64_t>(std::count_if(block.entries.begin(), block.entries.end(),
                                               [](const Entry& entry) { return entry.filler(); }));
  block.useful = block.entries.size() - block.fillers;
  size_storage(config.sparse, config.weight_bits, slot_bits, block);
}

}  // namespace sim::optimus
