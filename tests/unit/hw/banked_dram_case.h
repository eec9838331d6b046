#pragma once

#include <cstdint>
#include <vector>

#include "tests/unit/hw/banked_dram_judge.h"

namespace sim::hw::memory_test {

struct BankedCase {
  MemoryPortConfig port;
  BankedDramConfig config;
  std::uint32_t machine_mhz;
  Stream stream;
};

/// A small DRAM with short times, so that every rule binds now and then, under a stream that
/// favours some rows.
BankedCase random_banked_case(std::uint64_t seed);

/// A device of the standard with its defaults, and a machine of the same clock.
BankedCase standard_case(const char* yaml);

/// Runs an engine; what its channels issued is put into the judge's words.
template <class Engine>
BankedOutcome run(const BankedCase& c, std::uint64_t tail = 0, bool disturb = false);

}  // namespace sim::hw::memory_test
