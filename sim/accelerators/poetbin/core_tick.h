#pragma once

#include <vector>

#include "sim/accelerators/poetbin/run_record.h"

namespace sim::poetbin {

/// A machine between its two ports, one clock at a time: what a generated netlist does at its
/// pins.
///
/// Valid/ready ports of one clock domain. A word is taken in a cycle with in_valid and in_ready,
/// scores in a cycle with out_valid and out_ready. in_ready may depend on out_ready of the same
/// cycle, out_valid on registers only. A sample is `load_words` words; feature f is bit f mod w of
/// word f / w, bits beyond the last feature are 0.
///
/// In reset no register is valid; cycle 0 is the first after reset.
class CoreTick {
 public:
  virtual ~CoreTick() = default;

  virtual bool in_ready(bool out_ready) const = 0;
  virtual bool out_valid() const = 0;
  /// The rising edge that ends the cycle.
  virtual void clock(bool in_valid, bool out_ready) = 0;
  /// Counters of the units, each edge counted under one cause.
  virtual std::vector<StageRow> stages() const = 0;
};

}  // namespace sim::poetbin
