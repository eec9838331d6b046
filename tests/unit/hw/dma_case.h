#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/hw/dma.h"
#include "sim/hw/dram_config.h"

namespace sim::hw::dma_test {

/// Given to the DMA not before `cycle`, in order, at most one a cycle and each as soon as it may.
struct GivenDescriptor {
  std::uint64_t cycle;
  DmaDescriptor descriptor;
};
struct GivenData {
  std::uint64_t cycle;
  std::uint64_t bytes;
};

/// A DMA between its neighbours: who gives descriptors and data, a memory, and a consumer that
/// takes no burst for services[k % size] cycles after the k-th.
struct Case {
  DmaConfig dma;
  MemoryPortConfig port;
  FixedDramConfig memory;
  std::uint32_t descriptor_depth;
  std::uint32_t data_depth;
  std::uint32_t done_depth;
  std::vector<GivenDescriptor> descriptors;
  std::vector<GivenData> data;
  std::vector<std::uint64_t> services;

  std::uint64_t bursts() const;
  std::uint64_t bytes(bool write) const;
};

Case random_case(std::uint64_t seed);
/// The same with all pauses of the neighbours `factor` times as long.
Case with_longer_stalls(const Case& original, std::uint32_t factor);

struct Outcome {
  std::string bursts{};    // in order: descriptor, bytes, whether it is the last, and the cycle
  std::string counters{};  // of the DMA
  std::string memory{};    // counters of the memory; empty for the judge
  std::uint64_t cycles = 0;
  std::uint64_t events = 0;  // calls of the DMA; 0 for the judge
};

/// Runs DMA and memory until all is done and `tail` cycles longer. The order of the units changes
/// from cycle to cycle; with `disturb`, they are also called when nothing has changed for them.
Outcome run(const Case& c, bool skip, std::uint64_t tail = 0, bool disturb = false);
/// The same with another memory than the case's.
Outcome run(const Case& c, const DramConfig& memory, bool skip, std::uint64_t tail = 0);

/// Plain arrays, one loop over cycles, nothing of sim/hw but the numbers of the configurations.
Outcome judge(const Case& c, std::uint64_t tail);

}  // namespace sim::hw::dma_test
