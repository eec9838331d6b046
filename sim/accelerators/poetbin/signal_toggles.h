#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// The values of a signal over a block of samples: bit s mod 64 of word s / 64.
using PlaneOf = std::function<std::span<const std::uint64_t>(workload::Signal)>;

/// How often bits change that take the value of a sample after that of the sample `lag` before: the
/// bits of a register (1), of a context's bit file (the number of contexts). The first `lag`
/// samples change nothing.
class SignalToggles {
 public:
  /// 1 <= lag <= 64.
  SignalToggles(std::vector<workload::Signal> signals, std::uint32_t lag);

  /// The next `samples` samples; a multiple of 64 in all blocks but the last.
  void add(const PlaneOf& plane_of, std::uint64_t samples);
  std::uint64_t count() const { return count_; }

 private:
  const std::vector<workload::Signal> signals_;
  const std::uint32_t lag_;
  std::vector<std::uint64_t> last_word_;  // of each signal
  std::uint64_t samples_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace sim::poetbin
