#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "sim/accelerators/poetbin/run_engine.h"

namespace sim::poetbin {

/// The fabric, straight from slot to slot, and, once the machine has come back to a state that it
/// was in before, over whole periods.
///
/// All times follow from the times of R: a slot of g gather clocks whose R is in cycle t writes in
/// t + g + 2 and lets the next R in from t + g on. The next R is in the first cycle from then on in
/// which some sample is ready, and goes to the oldest one that is; see fabric_tick.h.
class FabricSkip final : public RunSkip {
 public:
  FabricSkip(const FabricTiming& core, const StreamTiming& stream, Observer* observer,
             std::uint64_t max_cycles = SampleLog::kNoLimit);

  RunRecord record() const override;

  struct Issue {
    std::uint64_t sample = 0;
    std::uint32_t slot = 0;
  };
  /// The next slot of the run, in the order of R; only while slots_left().
  Issue issue();
  bool slots_left() const { return log_.samples < stream_.samples; }

 private:
  static constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

  /// A sample that is in the machine, or for which a context is or gets free.
  struct Inside {
    SampleTimes times;
    std::uint32_t issued = 0;      // slots
    std::uint64_t ready_from = 0;  // barrier passed; at first: loaded
  };
  /// Everything that the future depends on, as distances from the current cycle.
  using State = std::vector<std::uint64_t>;
  /// Sums that grow by the same amount in every period.
  struct Sums {
    std::uint64_t cycle = 0;
    std::uint64_t samples = 0;
    std::uint64_t latency = 0;
    std::uint64_t source_waits = 0;
    std::uint64_t sink_waits = 0;
    std::uint64_t barrier_waits = 0;
    std::uint64_t score_waits = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t issues = 0;
  };

  /// To the next sample's end, or over periods up to max_cycles when nobody observes.
  void pass() override;
  void load_next();
  std::uint64_t ready_cycle(const Inside& sample) const;
  std::size_t pick(std::uint64_t& cycle) const;
  void count_waiting(const Inside& oldest, std::uint64_t until);
  void finish(Inside& sample, std::uint64_t written);
  State state() const;
  Sums sums() const;
  void skip_periods();
  /// How often everything goes on as in that period.
  std::uint64_t repeats(const Sums& period) const;
  void jump(const Sums& period, std::uint64_t count);

  const FabricTiming timing_;
  const std::vector<std::uint32_t> level_begins_;

  std::uint64_t issue_from_ = 0;       // R may work from this cycle on
  std::uint64_t claim_free_ = 0;       // the score register can be claimed; kUnknown: not yet known
  std::uint64_t class_delivered_ = 0;  // argmax: the class register is taken in this cycle
  std::deque<Inside> inside_;          // oldest first; only those with slots left
  std::vector<std::uint64_t> context_free_;  // of each context
  std::uint64_t loaded_ = 0;                 // samples that have their time of loading
  std::uint64_t offer_ = 0;                  // the source offers the next in this cycle

  Sums counted_;
  bool periods_open_ = true;
  std::map<State, Sums> seen_;
};

}  // namespace sim::poetbin
