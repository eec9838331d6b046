#pragma once

#include <cstdint>

#include "sim/hw/dram_counts.h"
#include "sim/hw/engine.h"
#include "sim/hw/memory_server.h"

namespace sim::hw {

/// A memory behind a port. In a cycle it
///  1. takes at most one request,
///  2. works,
///  3. gives at most one response.
/// The requester sees nothing of it but the responses.
class Dram : public Engine {
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

  // For an engine that skips: between two calls the port shows the same, but it may show something
  // new in the cycle of a call.
  /// The first cycle, not before `from`, in which a request is taken if one waits at all.
  std::uint64_t next_accept(std::uint64_t from, std::uint64_t last_cycle) const;
  /// accept() after the cycles in which the request waited.
  MemoryServer::Accepted accept_waiting(std::uint64_t cycle);
  /// Counts up to and including `cycle`.
  void count_waiting_until(std::uint64_t cycle);

  MemoryServer server_;
  DramCounts counts_;

 private:
  std::uint64_t waits_counted_ = 0;  // in cycles before this one
};

}  // namespace sim::hw
