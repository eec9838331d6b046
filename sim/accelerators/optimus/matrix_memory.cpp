#include "sim/accelerators/optimus/matrix_memory.h"

#include <algorithm>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/base/math.h"
#include "sim/base/memory.h"

namespace sim::optimus {
namespace {

using base::product;

constexpr std::uint64_t kGrowth = 2;         // a vector that grows, in what it holds
constexpr std::uint64_t kBlockBytes = 1024;  // its own record, and what the allocator adds

/// Bytes of one block.
struct BlockBound {
  std::uint64_t left = 0;     // when it is made
  std::uint64_t at_work = 0;  // more than that while it is made
};

class Bounds {
 public:
  Bounds(const RowLoads& loads, std::uint32_t columns, const EncodingConfig& config,
         bool occupancies)
      : loads_(loads), columns_(columns), config_(config), occupancies_(occupancies) {
    const std::uint64_t reach = (std::uint64_t{1} << config.sparse.delta_bits) - 1;
    const bool delta = config.sparse.column_mark == ColumnMark::kDelta;
    rows_ = config.sparse.row_mark == RowMark::kZeros ? std::uint64_t{1} << config.sparse.row_bits
                                                      : kMaxSlots;
    fillers_of_list_ = delta ? columns / std::max<std::uint64_t>(1, reach) : columns;
  }

  BlockBound block(std::uint32_t first, std::uint32_t slots) const {
    const bool runtime = config_.sparse.way_choice == WayChoice::kRuntime;
    const std::uint64_t lists_of_set = runtime ? 1 : config_.sparse.ways;
    const std::uint64_t sets = std::min<std::uint64_t>(loads_.sets, loads_.rows(first, slots));
    const std::uint64_t entries =
        loads_.kept_weights(first, slots) + product({sets, lists_of_set, fillers(slots)});
    BlockBound bound;
    bound.left = product({sizeof(Entry), entries}) + kBlockBytes +
                 product({4, loads_.sets, kGrowth * lists_of_set + slots});
    bound.at_work = product({kGrowth, sizeof(Entry), entries});
    if (occupancies_) add_occupancy(bound, entries, longest_list(first, slots));
    return bound;
  }

 private:
  /// An entry goes to the list of its set that has the fewest, with all the fillers on its way.
  std::uint64_t longest_list(std::uint32_t first, std::uint32_t slots) const {
    return loads_.fullest_set(first, slots) / config_.sparse.ways + 2 * fillers(slots) + 2;
  }

  /// Of a list, with padding zeros in each of its columns.
  std::uint64_t fillers(std::uint32_t slots) const {
    return fillers_of_list_ + product({columns_, slots / rows_});
  }

  void add_occupancy(BlockBound& bound, std::uint64_t entries, std::uint64_t longest) const {
    const std::uint64_t chains =
        std::min<std::uint64_t>(kMaxChainColumns, product({columns_ + 1, longest}));
    const std::uint64_t lanes = product({loads_.sets, std::max(config_.sparse.ways, 4u)});
    const std::uint64_t of_column = 2 + 4 + 4 + 4 + 8 + lanes;  // chains and progress
    bound.left += product({sizeof(Visit), entries}) + 2 * chains +
                  product({columns_ + 1, of_column}) + product({kGrowth * 4, config_.macs});
    bound.at_work += 2 * entries + product({kGrowth, 2, chains}) + product({32, lanes}) +
                     product({kGrowth, columns_ + 1, of_column});
  }

  const RowLoads& loads_;
  std::uint64_t columns_;
  const EncodingConfig& config_;
  bool occupancies_;
  std::uint64_t fillers_of_list_;  // but padding zeros
  std::uint64_t rows_;             // that an entry moves on by at most
};

}  // namespace

std::uint64_t mapping_bound(const RowLoads& loads, std::uint32_t columns,
                            const EncodingConfig& config, bool occupancies) {
  const Bounds bounds(loads, columns, config, occupancies);
  const std::uint32_t step = std::min(config.most_slots, loads.slots);
  std::uint64_t left = product({2 * sizeof(std::uint32_t) + 16, loads.rows_until.back()});
  std::uint64_t at_work = 0;
  for (std::uint64_t at = std::uint64_t{step} * (config.stride / 2); at < loads.slots;
       at += std::uint64_t{step} * config.stride) {
    const auto first = static_cast<std::uint32_t>(at);
    const BlockBound block = bounds.block(first, std::min(step, loads.slots - first));
    left += block.left;
    at_work = std::max(at_work, block.at_work);
  }
  return left + at_work;
}

}  // namespace sim::optimus
