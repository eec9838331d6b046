#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/poetbin/core_tick.h"
#include "sim/accelerators/poetbin/timing.h"

namespace sim::poetbin {

/// Variant T, W physical LUTs that take the program in slots of up to W LUTs of one level. Each of
/// C contexts holds one sample: its features and the outputs of its LUTs, in a bit file in which
/// the bit of signal s has address s. Sample i lives in context i mod C.
///
/// Stages of a slot:
///   R  route      a clock: the sequencer picks a slot, its route words are read
///   G  gather     g clocks: every pin gets its bit from the bit file; g is a constant of the slot,
///                 max over banks of ceil(different addresses in the bank / ports), at least 1
///   L  look up    a clock: each LUT's bit from its table memory, at {slot, index}
///   W  write back a clock: the bits into the bit file, those that are scores into the score
///                 register; score bits that are no LUT of the last level come with its last slot
/// A slot whose R is in cycle t gathers in t + 1 … t + g, looks up in t + g + 1, writes in
/// t + g + 2; later slots read the bits from cycle t + g + 3 on. L and W never wait. R waits while
/// G keeps its slot: R may work in cycle u when G is empty or in its slot's last clock.
///
/// Sequencer. A context is loaded from the cycle after its sample's last word was taken until the
/// cycle of W of its last slot. It is ready when it is loaded, has slots left, all slots of earlier
/// levels of its sample were written in earlier cycles (a barrier: 3 bubbles a level), and, for the
/// first slot of the last level, the score register is not claimed. In a cycle in which R may
/// work, it takes the next slot of the ready context that holds the oldest sample. The first slot
/// of the last level claims the score register at its R.
///
/// Output. The score register is valid from the cycle after W of the last slot. Without argmax it
/// is the output, and taking it (out_valid && out_ready) ends the claim at that edge. With argmax
/// it moves on to the class register, the output, at an edge at which that is empty or being taken,
/// which ends the claim.
///
/// Load. in_ready = the context that is next in turn is not loaded; it depends on registers only.
///
/// An unstalled sample of s slots in L levels without conflicts has latency s + 3 * L (+ 1).
///
/// Counters of `sequencer`, each cycle the first that holds: bank conflict: R may not work; busy: a
/// slot is taken; of the oldest loaded context with slots left: input wait: barrier, output wait:
/// score register; idle. `gather`: busy in the last clock of a slot, bank conflict in the clocks
/// before it. `look_up`, `write_back`: busy or idle.
class FabricTick final : public CoreTick {
 public:
  explicit FabricTick(const FabricTiming& timing, Observer* observer = nullptr);

  bool in_ready(bool) const override { return !contexts_[loading_].loaded; }
  bool out_valid() const override { return timing_.argmax ? class_valid_ : score_valid_; }
  void clock(bool in_valid, bool out_ready) override;
  std::vector<StageRow> stages() const override;

 private:
  struct Context {
    bool loaded = false;
    std::uint64_t sample = 0;
    std::uint32_t issued = 0;   // slots
    std::uint32_t written = 0;  // slots
  };
  struct Stage {
    bool valid = false;
    std::uint32_t context = 0;
    std::uint32_t slot = 0;
  };

  bool has_slots(const Context& c) const { return c.loaded && c.issued < timing_.slots.size(); }
  bool at_barrier(const Context& c) const { return c.written < level_begins_[c.issued]; }
  bool claims_scores(std::uint32_t slot) const { return slot == level_begins_.back(); }
  /// The context that R works on in this cycle; contexts_.size() when none is ready.
  std::uint32_t pick() const;
  void count(bool route_free, std::uint32_t picked);
  void count_waiting();
  void issue(std::uint32_t context);
  void write_back();
  void deliver(bool out_ready);
  void load(bool in_valid);

  const FabricTiming timing_;
  const std::vector<std::uint32_t> level_begins_;
  Observer* observer_;
  std::uint64_t cycle_ = 0;
  std::vector<Context> contexts_;
  std::uint32_t loading_ = 0;  // the context that takes words
  std::uint32_t words_ = 0;    // it has
  std::uint64_t samples_ = 0;  // loaded
  std::uint32_t oldest_ = 0;   // the context of the oldest sample
  Stage gather_, look_up_, write_back_;
  std::uint32_t gather_left_ = 0;  // clocks of its slot, this one included
  bool score_claimed_ = false;
  bool score_valid_ = false;
  bool class_valid_ = false;
  StageCycles sequencer_cycles_, gather_cycles_, look_up_cycles_, write_back_cycles_;
};

}  // namespace sim::poetbin
