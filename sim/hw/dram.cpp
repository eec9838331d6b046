#include "sim/hw/dram.h"

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

}  // namespace sim::hw
