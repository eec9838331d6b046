#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "sim/accelerators/optimus/row_placement.h"
#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/accelerators/optimus/stream.h"
#include "sim/workload/sparsity.h"

namespace sim::optimus::testing {

/// One matrix on the array, told as naively as possible and apart from the encoder and both
/// engines: own lists from the mask, a buffer of columns for every set, every way looked at in
/// every beat. Covers matrices whose rows fit the accumulators at once; weights of a column are
/// here from the cycle of the stream on that `arrivals` says, all from the start when there are
/// none.
class Judge {
 public:
  Judge(const workload::Mask& mask, const RowPlacement& rows, const EncodingConfig& encoding,
        const StreamConfig& config, const std::vector<std::uint64_t>& arrivals = {})
      : encoding_(encoding),
        config_(config),
        arrivals_(arrivals),
        columns_(mask.columns()),
        sets_(encoding.sets()) {
    for (std::uint32_t s = 0; s < sets_; ++s) queues_.push_back(write_set(mask, rows, s));
  }

  StreamCounts run(std::uint32_t tokens) {
    load();
    while (!finished()) {
      beat(tokens);
      load();
    }
    return counts_;
  }

  std::uint64_t entries() const { return entries_; }

 private:
  struct Item {
    std::uint32_t column;
    int slot;  // -1: filler
  };
  using Queue = std::deque<Item>;

  bool runtime() const { return encoding_.sparse.way_choice == WayChoice::kRuntime; }

  std::vector<Queue> write_set(const workload::Mask& mask, const RowPlacement& rows,
                               std::uint32_t set) {
    const SparseFormat& format = encoding_.sparse;
    std::vector<Queue> queues(runtime() ? 1 : format.ways);
    std::vector<std::size_t> visits(queues.size());  // of columns that hold nothing: not stored
    std::vector<std::uint32_t> of_set;
    for (std::uint32_t slot = 0; slot < rows.slots; ++slot) {
      for (std::uint32_t r = 0; r < mask.rows(); ++r) {
        if (rows.set[r] == set && rows.slot[r] == slot) of_set.push_back(r);
      }
    }
    if (of_set.empty()) return queues;
    for (std::uint32_t j = 0; j < columns_; ++j) {
      std::map<std::size_t, int> last;  // row slot of each queue's last entry in this column
      for (const std::uint32_t r : of_set) {
        if (!mask.kept(r, j)) continue;
        std::size_t best = 0;
        for (std::size_t q = 1; q < queues.size(); ++q) {
          const bool shorter = queues[q].size() < queues[best].size();
          const bool as_long = queues[q].size() == queues[best].size();
          if (shorter || (as_long && visits[q] > visits[best])) best = q;
        }
        Queue& queue = queues[best];
        if (format.column_mark == ColumnMark::kDelta) {
          const std::uint32_t longest = (1u << format.delta_bits) - 1;
          std::uint32_t at = queue.empty() ? 0 : queue.back().column;
          for (; j - at > longest; at += longest) queue.push_back({at + longest, -1});
        }
        const int slot = static_cast<int>(rows.slot[r]);
        if (format.row_mark == RowMark::kZeros) {
          int& at = last.try_emplace(best, -1).first->second;
          for (; slot - at > 1 << format.row_bits; at += 1 << format.row_bits)
            queue.push_back({j, -1});
          at = slot;
        }
        queue.push_back({j, slot});
      }
      if (format.column_mark == ColumnMark::kDelta) continue;
      for (std::size_t q = 0; q < queues.size(); ++q) {
        if (!queues[q].empty() && queues[q].back().column == j) continue;
        queues[q].push_back({j, -1});
        ++visits[q];
      }
    }
    for (const Queue& queue : queues) entries_ += queue.size();
    return queues;
  }

  bool finished() const {
    for (const auto& set : queues_) {
      for (const Queue& queue : set) {
        if (!queue.empty()) return false;
      }
    }
    return filled_ == columns_;
  }

  bool visible(std::uint32_t set, std::uint32_t column) const {
    if (config_.window.scope == WindowScope::kGlobal) return column < filled_;
    return buffers_[set].count(column) != 0;
  }

  bool weights_here(std::uint32_t column, std::uint64_t cycle) const {
    return arrivals_.empty() || arrivals_[column] <= cycle;
  }

  void beat(std::uint32_t tokens) {
    const std::uint64_t begin = counts_.cycles;
    counts_.cycles += tokens;
    for (std::uint32_t s = 0; s < sets_; ++s) {
      std::set<int> written;
      for (Queue& queue : queues_[s]) {
        const std::uint32_t mouths = runtime() ? encoding_.sparse.ways : 1;
        bool open = true;
        std::size_t passed = 0;  // entries at the front that wait for the next beat
        for (std::uint32_t way = 0; way < mouths; ++way) {
          if (passed == queue.size()) {
            counts_.imbalance += tokens;
            continue;
          }
          const Item item = queue[passed];
          const bool taken = config_.accumulators == Accumulators::kShared && item.slot >= 0 &&
                             written.count(item.slot) != 0;
          if (!visible(s, item.column)) {
            counts_.load_stalls += tokens;
            open = false;
          } else if (!weights_here(item.column, begin)) {
            counts_.weight_stalls += tokens;
            open = false;
          } else if (taken || !open) {
            counts_.conflict_stalls += tokens;
            open = false;
          }
          if (!open) {
            ++passed;
            continue;
          }
          (item.slot < 0 ? counts_.fillers : counts_.useful) += tokens;
          if (item.slot >= 0) written.insert(item.slot);
          queue.pop_front();
        }
      }
    }
    started_ = true;
  }

  std::uint32_t set_base(std::uint32_t set) const {
    std::uint32_t base = columns_;
    for (const Queue& queue : queues_[set]) {
      if (!queue.empty()) base = std::min(base, queue.front().column);
    }
    return base;
  }

  bool needs(std::uint32_t set, std::uint32_t column) const {
    for (const Queue& queue : queues_[set]) {
      for (const Item& item : queue) {
        if (item.column == column) return true;
      }
    }
    return false;
  }

  /// Lets a set drop what it has passed and take from the first `filled_` columns what fits.
  void serve(std::uint32_t set) {
    auto& buffer = buffers_[set];
    buffer.erase(buffer.begin(), buffer.lower_bound(set_base(set)));
    for (; offered_[set] < filled_; ++offered_[set]) {
      if (!needs(set, offered_[set])) continue;
      if (buffer.size() == local_columns()) return;
      buffer.insert(offered_[set]);
    }
  }

  std::size_t local_columns() const {
    return config_.window.scope == WindowScope::kPerSet ? config_.window.columns
                                                        : config_.window.local_columns;
  }

  bool room_for_one_more() {
    if (config_.window.scope == WindowScope::kGlobal) {
      std::uint32_t base = columns_;
      for (std::uint32_t s = 0; s < sets_; ++s) base = std::min(base, set_base(s));
      return filled_ < (started_ ? base : 0) + config_.window.columns;
    }
    const bool two_level = config_.window.scope == WindowScope::kTwoLevel;
    for (std::uint32_t s = 0; s < sets_; ++s) {
      // The first column that the set needs and cannot take blocks the level before it.
      std::uint32_t blocked = offered_[s];
      while (blocked < columns_ && !needs(s, blocked)) ++blocked;
      std::size_t free = local_columns() - buffers_[s].size();
      for (; blocked < columns_ && free > 0; --free) {
        do ++blocked;
        while (blocked < columns_ && !needs(s, blocked));
      }
      if (filled_ >= blocked + (two_level ? config_.window.columns : 0)) return false;
    }
    return true;
  }

  void load() {
    buffers_.resize(sets_);
    offered_.resize(sets_);
    if (config_.window.scope != WindowScope::kGlobal) {
      for (std::uint32_t s = 0; s < sets_; ++s) serve(s);
    }
    const std::uint32_t width = config_.window.load_width_elements_per_cycle;
    for (std::uint32_t n = 0; n < width || !config_.load_compute_matching; ++n) {
      if (filled_ == columns_ || !room_for_one_more()) break;
      ++filled_;
    }
    if (config_.window.scope != WindowScope::kGlobal) {
      for (std::uint32_t s = 0; s < sets_; ++s) serve(s);
    }
  }

  EncodingConfig encoding_;
  StreamConfig config_;
  std::vector<std::uint64_t> arrivals_;
  std::uint32_t columns_;
  std::uint32_t sets_;
  std::vector<std::vector<Queue>> queues_;
  std::vector<std::set<std::uint32_t>> buffers_;
  std::vector<std::uint32_t> offered_;
  std::uint32_t filled_ = 0;
  bool started_ = false;
  std::uint64_t entries_ = 0;
  StreamCounts counts_;
};

}  // namespace sim::optimus::testing
