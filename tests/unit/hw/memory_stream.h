#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/rng.h"
#include "sim/hw/dram.h"

namespace sim::hw::memory_test {

struct StreamRequest {
  std::uint64_t cycle;  // not sent before
  std::uint64_t address;
  std::uint32_t bytes;
  bool write;
};

/// What a requester does: sends its requests in order, at most one a cycle and each as soon as it
/// may, and receives at most one response each receive_interval cycles.
struct Stream {
  std::vector<StreamRequest> requests;
  std::uint32_t receive_interval = 1;
};

struct Outcome {
  std::vector<std::uint64_t> received{};  // cycle of each response, in order
  std::vector<std::uint64_t> ids{};
  std::string counters{};
  std::uint64_t cycles = 0;
  std::uint64_t events = 0;  // calls of the engine
};

/// Runs it until all is answered and `tail` cycles longer; with `disturb`, the engine is also
/// called in cycles in which nothing has changed for it.
Outcome drive(Dram& dram, MemoryPort& port, const Stream& stream, std::uint64_t tail = 0,
              bool disturb = false);

std::string text(const DramCounts& counts);

/// A number in [low, high].
std::uint32_t between(base::Rng& rng, std::uint32_t low, std::uint32_t high);

}  // namespace sim::hw::memory_test
