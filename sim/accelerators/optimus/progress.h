#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/memory.h"

namespace sim::optimus {

/// `count` entries of a way in one column.
struct Visit {
  std::uint16_t way;  // of all MACs: set * ways + way of the set
  std::uint16_t count;
};

/// How many entries each way has before a column, relative to the least advanced way that still has
/// some from that column on.
///
/// A row is a byte a lane, lane = way of the set * sets + set, kFinished for a way without entries
/// from the column on. Ways of a set keep within two entries of each other, but for a long gap or
/// at the end of their lists, so most rows are packed: a byte a set for its least advanced way and
/// two bits a lane above it. Skipping ahead is limited by how fast these rows come from memory.
class Progress {
 public:
  static constexpr std::uint8_t kFinished = 0xff;

  /// Nothing when a way is further ahead than 8 bits say. `visits(j)` of column j.
  template <class Visits>
  static std::optional<Progress> measure(std::uint32_t columns, std::uint32_t sets,
                                         std::uint32_t ways,
                                         std::span<const std::uint32_t> entries_of_way,
                                         Visits visits) {
    Progress progress(sets, ways);
    Pace pace = progress.start(entries_of_way);
    for (std::uint32_t j = 0; j < columns; ++j) {
      if (!progress.append(pace)) return std::nullopt;
      for (const Visit& visit : visits(j)) pace.executed[progress.lane(visit.way)] += visit.count;
    }
    progress.rows_.shrink_to_fit();
    return progress;
  }

  /// Entries of the least advanced unfinished way before the column.
  std::uint32_t least(std::uint32_t column) const { return least_[column]; }
  /// Lanes of MACs come first, some without meaning may follow.
  std::size_t macs() const { return std::size_t{sets_} * ways_; }
  std::size_t lanes() const { return lanes_; }
  void prefetch(std::uint32_t column) const;
  /// Held in memory.
  std::uint64_t bytes() const { return base::capacity_bytes(least_, begin_, rows_); }

  /// stalls[lane] = max(stalls[lane], slack - row[lane]) for unfinished ways, slack <= 255.
  void raise(std::uint32_t column, std::uint8_t slack, std::uint8_t* stalls) const;
  /// The same for any slack.
  void raise(std::uint32_t column, std::uint32_t slack, std::uint32_t* stalls) const;

 private:
  struct Pace {
    std::vector<std::uint32_t> executed;  // of each lane
    std::vector<std::uint32_t> length;    // of each lane; 0 for lanes beyond the ways
    std::vector<std::uint8_t> row;
    std::vector<std::uint8_t> packed;
  };

  Progress(std::uint32_t sets, std::uint32_t ways);
  Pace start(std::span<const std::uint32_t> entries_of_way) const;
  bool append(Pace& pace);
  std::size_t lane(std::uint32_t way) const {
    return std::size_t{way % ways_} * sets_ + way / ways_;
  }
  bool packed(std::uint32_t column) const { return begin_[column + 1] - begin_[column] < lanes_; }

  std::uint32_t sets_;
  std::uint32_t ways_;
  std::size_t lanes_;                 // a multiple of four ways when rows can be packed
  std::vector<std::uint32_t> least_;  // by column
  std::vector<std::size_t> begin_{0};
  std::vector<std::uint8_t> rows_;  // of column j from begin_[j] on
};

}  // namespace sim::optimus
