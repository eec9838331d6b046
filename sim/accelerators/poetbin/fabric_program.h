#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/lanes.h"
#include "sim/accelerators/poetbin/timing.h"

namespace sim::poetbin {

/// Up to W LUTs of one level, lane by lane.
struct Slot {
  std::uint32_t level = 0;
  std::vector<std::uint32_t> luts;  // of the level
  std::uint32_t gather_cycles = 1;
  std::uint32_t reads = 0;  // different bits that it reads of the bit file; constants are none
};

/// A program on the fabric: its slots, by level. Levels without LUTs have none.
///
/// Natural order: LUTs by their number. Conflict-aware order: each lane in turn takes, of the next
/// kCandidates LUTs that have no slot yet, the one with which the fullest bank of the slot has the
/// fewest different bits, the first of equal ones.
struct FabricProgram {
  static constexpr std::size_t kCandidates = 64;

  std::vector<Slot> slots;
  std::uint32_t fan_in = 1;  // of the physical LUTs: of the program's widest level
  std::uint64_t table_bits = 0;
  std::uint64_t route_bits = 0;  // of the levels that are configured

  std::uint64_t configuration_cycles(const FabricConfig& config) const;
  FabricTiming timing(const FabricConfig& config, std::uint32_t inputs, bool argmax) const;
  LaneGroup lanes(const workload::LutProgram& program, std::uint32_t luts) const;
};

FabricProgram fabric_program(const workload::LutProgram& program, const FabricConfig& config);

}  // namespace sim::poetbin
