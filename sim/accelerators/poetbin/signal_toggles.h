#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// The values of a signal over a block of samples: bit s mod 64 of word s / 64.
using PlaneOf = std::function<std::span<const std::uint64_t>(workload::Signal)>;

/// What stands in a register before its first sample: zeros of the reset, or nothing that is known,
/// so that the first sample changes nothing that could be counted.
enum class Before { kZeros, kUnknown };

/// How often bits change that take the value of a sample after that of the sample `lag` before: the
/// bits of a register (1), of a context's bit file (the number of contexts).
class SignalToggles {
 public:
  /// 1 <= lag <= 64; the first `lag` samples come after `before`.
  SignalToggles(std::vector<workload::Signal> signals, std::uint32_t lag, Before before);

  /// The next `samples` samples; a multiple of 64 in all blocks but the last.
  void add(const PlaneOf& plane_of, std::uint64_t samples);
  std::uint64_t count() const { return count_; }

 private:
  const std::vector<workload::Signal> signals_;
  const std::uint32_t lag_;
  const Before before_;
  std::vector<std::uint64_t> last_word_;  // of each signal
  std::uint64_t samples_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace sim::poetbin
