#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/hw/dram_command.h"
#include "sim/hw/dram_counts.h"

namespace sim::hw {

struct DramBurst {
  std::uint64_t slot;  // of its request
  bool write;
  DramPlace place;
};

/// The bursts that wait for a channel, its open rows, and what its controller would like to do: all
/// but time. In a clock it issues the first of these commands whose time has come:
///  1. of each rank whose refresh is due, in order of ranks: PREA while a row is open, else REF;
///     the rank gets no other command until then;
///  2. RD or WR of a burst whose row is open, the oldest first (open page, FR-FCFS);
///  3. ACT, or PRE of another row, for the oldest burst of each bank, the oldest first.
/// Two bursts of one place, one of them a write, keep their order. While the oldest burst of a bank
/// needs another row, at most row_hit_cap bursts of the open row overtake it.
class DramChannel {
 public:
  explicit DramChannel(const BankedDramConfig& config);

  bool full() const { return queue_.size() == config_.queue_depth; }
  bool empty() const { return queue_.empty(); }
  std::size_t queued() const { return queue_.size(); }
  void enqueue(const DramBurst& burst);

  struct Candidate {
    DramCommand command;
    std::size_t index;  // of its burst in the queue; 0 of those for refresh
  };
  /// Calls visit(candidate) in the order above until it returns true.
  template <class Visit>
  void visit_candidates(std::uint64_t clock, const Visit& visit) const {
    if (visit_refresh(clock, visit)) return;
    for (const bool transfers : {true, false}) {
      for (std::size_t i = 0; i < queue_.size(); ++i) {
        const std::optional<DramCommandKind> kind = wanted(queue_[i], clock);
        if (!kind || is_transfer(*kind) != transfers) continue;
        if (visit(Candidate{{*kind, queue_[i].burst.place}, i})) return;
      }
    }
  }
  /// The same, but 2. and 3. in one pass, the oldest burst first, and only of the bursts from the
  /// first-th on, until visit() returns true for one of them.
  template <class Visit>
  void visit_by_age(std::uint64_t clock, std::size_t first, const Visit& visit) const {
    visit_refresh(clock, [&](const Candidate& candidate) {
      visit(candidate);
      return false;
    });
    for (std::size_t i = first; i < queue_.size(); ++i) {
      const std::optional<DramCommandKind> kind = wanted(queue_[i], clock);
      if (kind && visit(Candidate{{*kind, queue_[i].burst.place}, i})) return;
    }
  }
  /// Does what the command does; returns the burst of a RD or WR.
  DramBurst issue(const Candidate& candidate, std::uint64_t clock, DramCounts& counts);

  /// Banks whose oldest burst needs another row.
  std::uint32_t rows_wanted() const { return rows_wanted_; }
  /// Ranks within tRFC of a refresh.
  std::uint64_t ranks_refreshing(std::uint64_t clock) const;
  /// Whether no burst can do anything for want of a refresh or its end.
  bool refresh_blocks_all(std::uint64_t clock) const;
  /// The first clock after `clock` in which a refresh is due or ends.
  std::uint64_t next_refresh_change(std::uint64_t clock) const;
  /// The first clock after `clock` in which a refresh is due.
  std::uint64_t next_refresh_due(std::uint64_t clock) const;

 private:
  struct Waiting {
    DramBurst burst;
    std::size_t bank;
    bool oldest_of_bank;
    std::uint32_t older_conflicts;  // older bursts of its place that it must not overtake
    bool closed_row = false;
    bool opened_row = false;
  };
  struct Bank {
    bool open = false;
    std::uint32_t row = 0;  // if open
    std::uint32_t queued = 0;
    std::uint32_t oldest_row = 0;  // of the oldest burst queued
    std::uint32_t overtaken = 0;   // bursts of the open row that overtook that one
    bool row_wanted = false;       // the oldest burst needs another row
  };
  struct Rank {
    std::uint64_t refresh_due;
    std::uint64_t refresh_end = 0;
    std::uint32_t queued = 0;
    std::uint32_t open_banks = 0;
  };

  template <class Visit>
  bool visit_refresh(std::uint64_t clock, const Visit& visit) const {
    for (std::uint32_t r = 0; r < config_.ranks; ++r) {
      if (ranks_[r].refresh_due > clock) continue;
      const auto kind =
          ranks_[r].open_banks > 0 ? DramCommandKind::kPrechargeAll : DramCommandKind::kRefresh;
      if (visit(Candidate{{kind, DramPlace{.rank = r}}, 0})) return true;
    }
    return false;
  }
  /// The command that it would have issued if that had no other times to keep.
  std::optional<DramCommandKind> wanted(const Waiting& w, std::uint64_t clock) const {
    if (ranks_[w.burst.place.rank].refresh_due <= clock) return {};
    const Bank& b = banks_[w.bank];
    if (b.open && b.row == w.burst.place.row) {
      const bool may_overtake = b.oldest_row == b.row || b.overtaken < config_.row_hit_cap;
      if (w.older_conflicts > 0 || !may_overtake) return {};
      return w.burst.write ? DramCommandKind::kWrite : DramCommandKind::kRead;
    }
    if (!w.oldest_of_bank) return {};
    return b.open ? DramCommandKind::kPrecharge : DramCommandKind::kActivate;
  }
  /// Keeps row_wanted; to be called when the bank's row or its oldest burst has changed.
  void note_row_wanted(Bank& b);
  void close_all(std::uint32_t rank, DramCounts& counts);
  DramBurst transfer(std::size_t index, DramCounts& counts);
  void remove(std::size_t index);

  const BankedDramConfig& config_;
  std::vector<Waiting> queue_;  // oldest first
  std::vector<Bank> banks_;     // rank, group, bank
  std::vector<Rank> ranks_;
  std::uint32_t rows_wanted_ = 0;
};

}  // namespace sim::hw
