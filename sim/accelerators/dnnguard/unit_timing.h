#pragma once

#include <cstdint>

#include "sim/accelerators/dnnguard/array_geometry.h"

namespace sim::dnnguard {

/// Memory as the post-processing units see it. A beat is one atom.
struct UnitMemory {
  std::uint32_t latency = 32;        // cycles from an accepted address to its beat
  std::uint32_t read_interval = 2;   // cycles between accepted read addresses
  std::uint32_t write_interval = 2;  // and between beats written
};

/// What nvdla/hw, spec/defs/*.spec sets for the units behind the array: elements a cycle, and the
/// memory latency for which their buffers are sized.
struct UnitRates {
  std::uint32_t sdp = 1;  // BS and BN
  std::uint32_t ew = 1;   // if the array has it
  std::uint32_t pdp = 1;
  std::uint32_t cdp = 1;
  std::uint32_t sized_latency = 64;

  friend bool operator==(const UnitRates&, const UnitRates&) = default;
};

constexpr UnitRates kNvSmallRates = {};
constexpr UnitRates kNvLargeRates = {.sdp = 16, .ew = 4, .pdp = 8, .cdp = 8, .sized_latency = 1024};

/// Beats that a unit may have in flight: what it takes in while one beat travels. 8 for the source
/// of each unit and 16 for SDP's operands (2 bytes an element) in nv_small and nv_small_256, as
/// measured; in nv_large, where a latency of 32 never reached the limit, by the same formula.
constexpr std::uint32_t beats_in_flight(std::uint32_t rate, std::uint32_t element_bytes,
                                        const UnitRates& rates, const ArrayGeometry& geometry) {
  const std::uint32_t beats = rates.sized_latency * rate * element_bytes / geometry.beat_bytes;
  return beats == 0 ? 1 : beats;
}

/// Cycles in which a unit takes in one atom.
constexpr std::uint32_t atom_cycles(std::uint32_t rate, const ArrayGeometry& geometry) {
  return rate >= geometry.atom_bytes ? 1 : (geometry.atom_bytes + rate - 1) / rate;
}

/// Refuses beats that are not atoms, which none of the configurations has.
void check_beats(const ArrayGeometry& geometry, const char* unit);

// Times that all units share, in cycles of the RTL (nvdla/hw 1a65f1f5 under Verilator).
constexpr std::uint64_t kFirstRead = 20;  // after the enable
constexpr std::uint64_t kInterrupt = 11;  // after the last write
// Outputs that may wait to be written. Not measured: no memory of the rows holds writes up.
constexpr std::uint32_t kWriteQueue = 8;

}  // namespace sim::dnnguard
