#pragma once

#include <cstdint>
#include <vector>

namespace sim::optimus::test {

/// A memory of fixed latency and bandwidth behind a DMA and a port.
struct PlainDram {
  std::uint64_t request_bytes = 256;
  std::uint64_t outstanding = 16;
  std::uint64_t port_bytes = 64;
  std::uint64_t bytes_per_cycle = 64;
  std::uint64_t latency = 40;
  std::uint64_t interval = 1;
};

/// Bytes that are asked for in a cycle, in one piece.
struct PlainRun {
  std::uint64_t cycle = 0;
  std::uint64_t bytes = 0;
};

struct PlainArrival {
  std::uint64_t run = 0;
  std::uint64_t bytes = 0;  // of the run, until then
  std::uint64_t cycle = 0;  // from which on they can be used
  bool operator==(const PlainArrival&) const = default;
};

/// Request after request by the rules that the parts of sim/hw state, as sums and maxima: nothing
/// of the machine is used. `runs` in the order in which they are asked for.
std::vector<PlainArrival> plain_arrivals(const PlainDram& dram, const std::vector<PlainRun>& runs);

}  // namespace sim::optimus::test
