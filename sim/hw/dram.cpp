#include "sim/hw/dram.h"

#include <algorithm>

namespace sim::hw {

MemoryServer::Accepted Dram::accept(std::uint64_t cycle) {
  const MemoryServer::Accepted accepted = server_.accept(cycle);
  const MemoryRequest& request = accepted.request;
  ++(request.write ? counts_.write_requests : counts_.read_requests);
  (request.write ? counts_.write_bytes : counts_.read_bytes) += request.bytes;
  return accepted;
}

void Dram::respond(std::uint64_t cycle) {
  if (server_.respond(cycle)) ++counts_.responses;
}

void Dram::count_waiting_request(std::uint64_t from, std::uint64_t to) {
  if (from < to && server_.request_waits(from)) counts_.request_waits += to - from;
}

std::uint64_t Dram::next_accept(std::uint64_t from, std::uint64_t last_cycle) const {
  const std::uint64_t next = std::max({from, server_.input_free(), waits_counted_});
  return server_.request_waits(next) ? next : std::max(next, last_cycle);
}

MemoryServer::Accepted Dram::accept_waiting(std::uint64_t cycle) {
  count_waiting_request(waits_counted_, cycle);
  waits_counted_ = cycle;
  return accept(cycle);
}

void Dram::count_waiting_until(std::uint64_t cycle) {
  count_waiting_request(waits_counted_, cycle);
  count_waiting_request(cycle, cycle + 1);
  waits_counted_ = cycle + 1;
}

}  // namespace sim::hw
