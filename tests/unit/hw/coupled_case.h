#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim::hw::coupled_test {

/// A burst as a producer makes it: `work` cycles, then it is offered.
struct Made {
  std::uint64_t work;
  std::uint32_t beats;
};

/// Lanes in parallel, each a chain: producer, a queue, a node, a queue, a node, …, consumer. In a
/// stage, lanes meet in groups: a group of one is a relay, a larger one is a shared port. `order`
/// says which lane's queue enters which place of a stage, so that bursts wander between lanes.
struct Stage {
  std::vector<std::uint32_t> order;         // place -> lane of the stage before
  std::vector<std::uint32_t> groups;        // sizes, their sum is the number of lanes
  std::vector<std::uint32_t> weights;       // of each place
  std::vector<std::uint32_t> relay_cycles;  // of each place; used by relays
};
struct Case {
  std::vector<std::vector<Made>> producers;        // of each lane
  std::vector<std::vector<std::uint32_t>> depths;  // [stage][lane], stages + 1 rows
  std::vector<Stage> stages;
  std::vector<std::vector<std::uint64_t>>
      services;  // of each lane: cycles after the k-th burst, repeated

  std::size_t lanes() const { return producers.size(); }
  std::uint64_t bursts() const;
};

Case random_case(std::uint64_t seed);
/// The same with all work, relay and service cycles and beats `factor` times as long.
Case stretched(const Case& original, std::uint32_t factor);

/// Every counter of every unit and the arrival of every burst, as text.
struct Outcome {
  std::string counters{};
  std::uint64_t last_cycle = 0;
  std::uint64_t events = 0;  // calls of units by the kernel; 0 for the judge
};

/// Plain arrays, one loop over cycles, nothing of sim/hw.
Outcome judge(const Case& c);

}  // namespace sim::hw::coupled_test
