#pragma once

#include <cstdint>

#include "sim/hw/coupled_engine.h"
#include "sim/hw/dram_counts.h"
#include "sim/hw/memory_server.h"

namespace sim::hw {

/// A memory behind a port. In a cycle it
///  1. takes at most one request,
///  2. works,
///  3. gives at most one response.
/// The requester sees nothing of it but the responses.
class Dram : public CoupledEngine {
 public:
  const DramCounts& counts() const { return counts_; }

 protected:
  explicit Dram(MemoryPort& port) : server_(port) {}

  bool can_accept(std::uint64_t cycle) const {
    return cycle >= server_.input_free() && server_.request_waits(cycle);
  }
  MemoryServer::Accepted accept(std::uint64_t cycle);
  void respond(std::uint64_t cycle);
  /// Counts a request that is at the port in cycle `from` and is not taken before cycle `to`.
  void count_waiting_request(std::uint64_t from, std::uint64_t to);

  MemoryServer server_;
  DramCounts counts_;
};

}  // namespace sim::hw
