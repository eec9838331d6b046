#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/unit_record.h"
#include "sim/hw/unit_cycles.h"
#include "sim/stats/stats.h"

namespace sim::poetbin {

/// Cycles of a unit by cause; all together are the cycles of the run.
///   input waits: results of the level before; output waits: the score register or the sink;
///   bank conflicts: another read of a bank of the bit file goes first.
struct StageCycles : hw::UnitCycles {
  std::uint64_t bank_conflicts = 0;

  bool operator==(const StageCycles& o) const {
    return busy == o.busy && input_waits == o.input_waits && output_waits == o.output_waits &&
           idle == o.idle && bank_conflicts == o.bank_conflicts;
  }
};

std::span<const stats::Field<StageCycles>> stage_cycle_fields();

struct StageRow {
  std::string unit;
  StageCycles cycles;
};

/// Cycles of a sample. With in_valid, in_ready, out_valid and out_ready of the machine's ports:
struct SampleTimes {
  std::uint64_t first_word = 0;  // its first word was taken
  std::uint64_t accepted = 0;    // its last word was taken
  std::uint64_t valid = 0;       // its scores (its class, with argmax) were first offered
  std::uint64_t delivered = 0;   // and taken

  /// Clocks from the features in their register to the scores in theirs.
  std::uint64_t latency() const { return valid - accepted - 1; }
  bool operator==(const SampleTimes&) const = default;
};

/// The first samples one by one, all of them in sums.
struct SampleLog {
  static constexpr std::uint64_t kKept = 1000;
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t limit = kNoLimit;  // cycles
  std::uint64_t samples = 0;
  std::uint64_t in_time = 0;  // of them: those delivered in the first `limit` cycles
  std::uint64_t first_delivered = 0;
  std::uint64_t last_delivered = 0;
  std::uint64_t latency_sum = 0;
  std::uint64_t latency_min = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t latency_max = 0;
  std::vector<SampleTimes> kept{};

  void add(const SampleTimes& times);
  bool operator==(const SampleLog&) const = default;
};

/// What a run counted. Units are in the order of the data's way through the machine.
struct RunRecord {
  std::uint64_t cycles = 0;
  std::vector<StageRow> units;
  SampleLog samples;
};

/// What the units counted, for tables and laws that every machine has.
std::vector<core::UnitRecord> unit_records(const RunRecord& record);

/// Sees what happens when; for the timeline and for tests.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void sample(std::uint64_t index, const SampleTimes& times) = 0;
  /// Fabric: the route of a sample's slot is read in `cycle`.
  virtual void issue(std::uint64_t sample, std::uint32_t slot, std::uint64_t cycle) = 0;
};

}  // namespace sim::poetbin
