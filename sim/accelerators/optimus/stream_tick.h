#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

/// The stream of one block, one clock at a time.
///
/// A beat lasts `tokens` cycles: each way holds an entry and multiplies it with one token a cycle.
/// At the start of a beat each way looks at its next entry. It executes it when the entry's column
/// is visible, its weights are here and no lower way of the set writes the same shared accumulator;
/// otherwise it stalls for the whole beat. All ways see the state at the end of the previous beat.
/// A stall that has several causes counts for the first of: load, weights, conflict.
/// At the end of a beat the input window moves: up to `load_width` more columns come in.
///
/// Input window. `filled` columns have been broadcast, min(W, B, room) at the start, since the
/// issue cycles bring in the first ones. With S ways' next columns as `base`:
/// - global: filled <= base of all sets + D;
/// - per set: a set keeps D of the columns in which it has entries, from its own base on, and takes
///   no others; the broadcast stops before a column for which some set has no room;
///   Sets of one MAC may work it off as a queue: with places freed at the begin, a column leaves
///   the set when the beat of its first entry ends, and with pop beats a MAC does nothing for so
///   many beats behind the last entry of each column, at whose end the column leaves (with places
///   freed at the end); they count as load stalls;
/// - two levels: a set keeps D1 of its columns, the shared level runs up to D columns ahead of the
///   set with the least room; a way sees the columns its set keeps.
///
/// Weights from DRAM arrive in column order, the first of them perhaps before the stream; a
/// column's entries can be used from the first beat on that begins when all of its bytes are here.
/// The banks hold what has arrived.
///
/// With the run-time choice of ways the ways of a set take entries from the head of its queue, at
/// most one each, in order, up to the first that cannot be executed; a way that gets none stalls
/// while entries are left for it, for the cause that holds the head, and idles otherwise.
class StreamTick {
 public:
  StreamTick(const EncodedBlock& block, const StreamConfig& config, std::uint32_t tokens,
             ColumnsHere columns_here = {});

  /// One clock cycle; only while !done().
  void tick();
  /// All entries executed and all columns loaded, at the end of a beat.
  bool done() const;
  /// Useful + … = MACs * cycles at any time.
  const StreamCounts& counts() const { return counts_; }
  /// Columns broadcast so far.
  std::uint32_t filled() const { return filled_; }

 private:
  struct Sight {
    std::uint32_t visible;  // columns that a set sees
    std::uint32_t usable;   // of them, those whose weights are here
  };
  struct Executed {
    std::uint32_t entries = 0;
    std::uint32_t fillers = 0;  // of them
  };

  void add_list(std::span<const Entry> list, std::uint32_t& set_base);
  void begin_beat();
  void run_set(std::uint32_t set);
  void run_list(std::uint32_t list, Sight sight, Executed& executed);
  void run_queue(std::uint32_t list, Sight sight, Executed& executed);
  std::uint32_t held_from(std::uint32_t list) const;
  void advance(std::uint32_t list);
  void show_next(std::uint32_t list);
  bool conflicts(const Entry& entry);
  void count_waiting(std::uint32_t list, std::uint32_t ways, Sight sight);
  void end_beat();
  std::uint32_t room() const;
  void move_local_window(std::uint32_t set);
  void load_columns();

  const EncodedBlock& block_;
  const StreamConfig config_;
  const std::uint32_t tokens_;
  const std::uint32_t lists_per_set_;
  const std::uint32_t takers_;  // ways that a list feeds

  std::vector<const Entry*> next_;     // of each list
  std::vector<const Entry*> end_;      // of each list
  std::vector<std::uint16_t> column_;  // of each list: of its next entry, W when it is empty
  std::vector<std::uint32_t> base_;    // of each set: its smallest next column, W when it is done
  std::uint32_t filled_ = 0;
  std::uint32_t cycle_in_beat_ = 0;
  std::uint64_t beats_ = 0;

  // Local windows.
  std::vector<std::vector<std::uint32_t>> needed_;  // of each set: columns with entries
  std::vector<std::uint32_t> rank_;                 // of each set: of its base among them
  std::vector<std::uint32_t> limit_;                // of each set: first column it has no room for

  // Local windows worked off as queues: of each set, which is one list.
  struct Queue {
    std::uint32_t at = 0;       // column of the latest entry
    bool begun = false;         // the next entry is of the same column
    std::uint32_t popping = 0;  // beats until the next entry
    std::uint32_t held = 0;     // first column that has not left
  };
  std::vector<Queue> queues_;

  ColumnsHere columns_here_;
  std::uint32_t arrived_ = 0;  // columns whose weights are here

  std::vector<std::uint16_t> written_;  // slots that the current set writes in this beat
  StreamCounts beat_;                   // what one cycle of the current beat adds
  StreamCounts counts_;
};

}  // namespace sim::optimus
