#pragma once

#include <cstdint>

#include "sim/hw/job_engine.h"

namespace sim::hw {

/// Elements that pass `passes` times through `lanes` parallel lanes, then a pipeline of
/// `latency_cycles`:
///   cycles = passes * ceil(elements / lanes) + latency_cycles.
/// A job may arrive in several parts. A part that is there in the last cycle of the part before it
/// first fills the lanes that are free in that cycle, so parts that keep the unit busy together
/// take as long as the job in one piece. A lane that was free before a part was there is lost.
/// Of several passes those of such parts are taken to alternate; a part still takes all of its own
/// passes from the cycle on in which it is there.
struct LaneWork {
  std::uint64_t elements = 0;  // of this part
  std::uint32_t passes = 1;
  std::uint64_t latency_cycles = 0;  // paid after this part, 0 for all but the last
  bool first_part = true;            // true: no lanes are left over from earlier
  std::uint64_t ready = 0;           // cycle in which it is there, at most that in which it starts
};

/// What both engines keep between parts.
class LanePipeline : public JobEngine {
 public:
  explicit LanePipeline(std::uint32_t lanes) : lanes_(lanes) {}

  /// Takes the next part from `cycle` on; the part before it is done.
  virtual void start(const LaneWork& work, std::uint64_t cycle) = 0;

 protected:
  /// Elements of the part that the lanes left over by the part before cannot take; keeps what is
  /// left over. `until`: the cycle after the last one with elements of the part before.
  std::uint64_t beyond_free_lanes(const LaneWork& work, std::uint64_t until);
  /// Cycles from `cycle` on that the part takes at least.
  std::uint64_t least_cycles(const LaneWork& work, std::uint64_t cycle) const;

  std::uint32_t lanes_;

 private:
  std::uint64_t free_lanes_ = 0;
};

class LanePipelineTick final : public Stepping<LanePipeline> {
 public:
  using Stepping::Stepping;
  void start(const LaneWork& work, std::uint64_t cycle) override;
  bool done() const override { return passes_left_ == 0 && least_left_ == 0 && latency_left_ == 0; }

 private:
  void tick() override;

  std::uint64_t elements_ = 0;       // of one pass
  std::uint64_t elements_left_ = 0;  // of the pass under way
  std::uint32_t passes_left_ = 0;
  std::uint64_t least_left_ = 0;  // cycles before the latency, at least
  std::uint64_t latency_left_ = 0;
  std::uint64_t now_ = 0;
  std::uint64_t until_ = 0;  // elements passed before this cycle
};

class LanePipelineSkip final : public Jumping<LanePipeline> {
 public:
  using Jumping::Jumping;
  void start(const LaneWork& work, std::uint64_t cycle) override;

 private:
  std::uint64_t until_ = 0;  // elements pass before this cycle
};

}  // namespace sim::hw
