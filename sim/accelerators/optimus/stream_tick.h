#pragma once

#include <cstdint>
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
/// - two levels: a set keeps D1 of its columns, the shared level runs up to D columns ahead of the
///   set with the least room; a way sees the columns its set keeps.
///
/// Weights from DRAM arrive in column order, tokens * dram_bytes_per_cycle bytes a beat, the first
/// of them during the issue cycles; a column's entries can be used in the beat whose bytes complete
/// it. The banks hold what has arrived.
///
/// With the run-time choice of ways the ways of a set take entries from the head of its queue, at
/// most one each, in order, up to the first that cannot be executed; a way that gets none stalls
/// while entries are left for it, for the cause that holds the head, and idles otherwise.
class StreamTick {
 public:
  StreamTick(const EncodedBlock& block, const StreamConfig& config, std::uint32_t tokens);

  /// One clock cycle; only while !done().
  void tick();
  /// All entries executed and all columns loaded, at the end of a beat.
  bool done() const;
  /// Useful + … = MACs * cycles at any time.
  const StreamCounts& counts() const { return counts_; }
  /// Columns broadcast so far.
  std::uint32_t filled() const { return filled_; }

 private:
  const EncodedBlock& block_;
  const StreamConfig config_;
  const std::uint32_t tokens_;
  std::uint32_t filled_ = 0;
  StreamCounts counts_;
};

}  // namespace sim::optimus
