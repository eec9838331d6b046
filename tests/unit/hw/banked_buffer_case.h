#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/hw/banked_buffer_tick.h"

namespace sim::hw::buffer_test {

/// Not sent before `cycle`.
struct Asked {
  std::uint64_t cycle;
  std::uint64_t address;
  std::uint32_t words;
  bool write;
};
struct Given {
  std::uint64_t cycle;
  BankCommand command;
};

/// Sends its requests in order, at most one a cycle and each as soon as it may. After the k-th
/// response, it receives none for services[k % size] cycles.
struct PortCase {
  std::uint32_t owner;
  std::uint32_t request_depth;
  std::uint32_t response_depth;
  std::vector<Asked> requests;
  std::vector<std::uint64_t> services;
};
struct Case {
  BankedBufferConfig config;
  std::vector<std::uint32_t> owners;
  std::vector<PortCase> ports;
  std::uint32_t command_depth;
  std::uint32_t command_response_depth;
  std::vector<Given> commands;
  std::vector<std::uint64_t> command_services;

  std::uint64_t answers() const;
};

Case random_case(std::uint64_t seed);
/// The same with all pauses of the requesters `factor` times as long.
Case with_longer_stalls(const Case& original, std::uint32_t factor);
/// The same with pauses, words of requests and rows of banks `factor` times as long.
Case stretched(const Case& original, std::uint32_t factor);

struct Outcome {
  std::string responses{};  // of each port and of the commands: what, and in which cycle
  std::string counters{};
  std::uint64_t cycles = 0;
  std::uint64_t events = 0;  // calls of the engine; 0 for the judge
};

/// Runs an engine until all is answered and `tail` cycles longer. The order of the units changes
/// from cycle to cycle; with `disturb`, the engine is also called when nothing has changed for it.
template <class Engine>
Outcome run(const Case& c, std::uint64_t tail = 0, bool disturb = false);
/// Runs a tick engine and notes what it touches.
Outcome run_traced(const Case& c, std::vector<BankAccess>& accesses);

/// Plain arrays, one loop over cycles, nothing of sim/hw but the numbers of the configuration.
Outcome judge(const Case& c, std::uint64_t tail);

}  // namespace sim::hw::buffer_test
