#pragma once

#include <cstdint>
#include <limits>
#include <systemc>

namespace sim::hw {

/// One cycle is one nanosecond of kernel time, whatever the clock frequency: periods such as 1/333
/// MHz are no whole number of the kernel's picoseconds, and cycles are what the model promises. The
/// frequency scales reports only.
inline sc_core::sc_time cycles(std::uint64_t n) {
  return sc_core::sc_time::from_value(n * 1000);  // the kernel's resolution is 1 ps
}

/// The kernel's clock counts no further.
constexpr std::uint64_t kMaxCycles = std::numeric_limits<std::uint64_t>::max() / 1000;

/// The current cycle.
inline std::uint64_t now() { return sc_core::sc_time_stamp().value() / 1000; }

}  // namespace sim::hw
