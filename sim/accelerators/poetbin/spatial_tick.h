#pragma once

#include <vector>

#include "sim/accelerators/poetbin/core_tick.h"
#include "sim/accelerators/poetbin/timing.h"

namespace sim::poetbin {

/// Variant S, every LUT of the program in space:
///
///   feature register ─ level 1 ─[register]─ level 2 ─[register]─ … ─ level L ─ score register
///                                                          [─ arg-max ─ class register]
///
/// A register stands after each level b of pipe_mask or registers_after, 1 <= b < L. All registers
/// have one enable:
///   en = !out_valid || out_ready,   in_ready = en,   out_valid = valid bit of the last register.
/// At an edge with en each register takes what stands before it, valid or not; without en all hold,
/// so that a stalled machine toggles nothing. A register passes what later levels and the scores
/// still need, of all earlier signals.
///
/// Parallel load: the feature register takes all features and valid <= in_valid.
/// Serial load of w bits: the feature register is a shift register of n * w bits, n = ceil(F / w).
/// At an edge with en and in_valid it becomes {word, register >> w}, or with entry at the bottom
/// {register << w, word}, and the word counter goes on;
/// with the n-th word valid <= 1 and the counter starts again. At any other edge with en
/// valid <= 0. The levels behind see the sliding window meanwhile.
///
/// A sample whose last word is taken in cycle a is in the feature register in cycle a + 1 and,
/// never stalled, in the last register in cycle a + 1 + latency, latency = registers - 1 = 1 +
/// registers between levels + argmax. A sample can be taken in each clock, in each n-th with serial
/// load.
///
/// Counters of `pipeline`: output wait: !en; else busy: some register is valid; else idle.
class SpatialTick final : public CoreTick {
 public:
  explicit SpatialTick(const SpatialTiming& timing);

  bool in_ready(bool out_ready) const override { return enable(out_ready); }
  bool out_valid() const override { return valid_.back(); }
  void clock(bool in_valid, bool out_ready) override;
  std::vector<StageRow> stages() const override { return {{"pipeline", cycles_}}; }

 private:
  bool enable(bool out_ready) const { return !out_valid() || out_ready; }

  const std::uint32_t load_words_;
  std::uint32_t words_ = 0;  // of the sample that is being loaded
  std::vector<bool> valid_;  // of each register, features first
  StageCycles cycles_;
};

}  // namespace sim::poetbin
