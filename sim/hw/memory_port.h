#pragma once

#include <cstdint>

#include "sim/base/check.h"
#include "sim/base/config_reader.h"
#include "sim/base/math.h"
#include "sim/hw/credit_queue.h"

namespace sim::hw {

struct MemoryRequest {
  std::uint64_t id = 0;  // the requester's own; the response carries it
  std::uint64_t address = 0;
  std::uint32_t bytes = 1;  // >= 1
  bool write = false;
};

struct MemoryResponse {
  std::uint64_t id = 0;
};

struct MemoryPortConfig {
  std::uint32_t outstanding;      // requests in flight
  std::uint32_t bytes_per_cycle;  // in each direction

  static MemoryPortConfig from(base::ConfigReader& in) {
    return {.outstanding = in.integer32({.name = "outstanding",
                                         .unit = "requests",
                                         .min = 1,
                                         .max = 65536,
                                         .fallback = 16,
                                         .meaning = "requests in flight, responses on their way "
                                                    "included"}),
            .bytes_per_cycle = in.integer32({.name = "bytes_per_cycle",
                                             .unit = "bytes/cycle",
                                             .min = 1,
                                             .max = 65536,
                                             .fallback = 64,
                                             .meaning = "width of the port, in each direction"})};
  }
};

/// Between one requester and a memory. What one side gives in cycle n the other sees in cycle n+1.
/// A request is in flight from send() to the receive() of its response; each that is sent has a
/// place in both queues, so neither side ever waits for one.
///
/// Responses come in the order of the requests, whatever order the memory serves them in. A read
/// sees what the writes before it wrote, and no write after it.
class MemoryPort {
 public:
  explicit MemoryPort(const MemoryPortConfig& config)
      : config_(config), requests_(config.outstanding), responses_(config.outstanding) {}

  void connect(Wakeable& requester, Wakeable& memory) {
    requests_.connect(requester, memory);
    responses_.connect(memory, requester);
  }

  // The requester's side: at most one of each a cycle.
  bool can_send() const { return in_flight_ < config_.outstanding; }
  void send(std::uint64_t cycle, const MemoryRequest& request) {
    SIM_CHECK(can_send(), "request {} exceeds {} in flight", request.id, config_.outstanding);
    SIM_CHECK(request.bytes > 0, "request {} has no bytes", request.id);
    ++in_flight_;
    requests_.push(cycle, request);
  }
  bool can_receive(std::uint64_t cycle) const { return responses_.can_pop(cycle); }
  MemoryResponse receive(std::uint64_t cycle) {
    const MemoryResponse response = responses_.pop(cycle);
    --in_flight_;
    return response;
  }

  // The memory's side.
  bool can_take(std::uint64_t cycle) const { return requests_.can_pop(cycle); }
  MemoryRequest take(std::uint64_t cycle) { return requests_.pop(cycle); }
  void respond(std::uint64_t cycle, const MemoryResponse& response) {
    responses_.push(cycle, response);
  }

  /// Cycles that `bytes` take on the port.
  std::uint64_t beats(std::uint32_t bytes) const {
    return base::ceil_div(bytes, config_.bytes_per_cycle);
  }

 private:
  const MemoryPortConfig config_;
  CreditQueue<MemoryRequest> requests_;
  CreditQueue<MemoryResponse> responses_;
  std::uint32_t in_flight_ = 0;
};

}  // namespace sim::hw
