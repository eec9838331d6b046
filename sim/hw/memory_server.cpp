#include "sim/hw/memory_server.h"

#include <algorithm>

namespace sim::hw {

MemoryServer::Accepted MemoryServer::accept(std::uint64_t cycle) {
  SIM_CHECK(cycle >= input_free_, "a request is taken while data of another comes in");
  const MemoryRequest request = port_.take(cycle);
  const std::uint64_t beats = port_.beats(request.bytes);
  input_free_ = cycle + (request.write ? beats : 1);
  slots_.push_back({.id = request.id, .beats = request.write ? 1 : beats});
  return {request, oldest_ + slots_.size() - 1, input_free_ - 1};
}

void MemoryServer::finish(std::uint64_t slot, std::uint64_t first, std::uint64_t done) {
  Slot& s = slots_.at(slot - oldest_);
  SIM_CHECK(!s.finished, "request {} is finished twice", s.id);
  s.finished = true;
  s.first = first;
  s.done = done;
}

std::uint64_t MemoryServer::next_response() const {
  if (slots_.empty() || !slots_.front().finished) return kNever;
  const Slot& s = slots_.front();
  return std::max(s.done, std::max(s.first, output_free_) + s.beats - 1);
}

bool MemoryServer::respond(std::uint64_t cycle) {
  const std::uint64_t next = next_response();
  SIM_CHECK(next >= cycle, "a response of cycle {} is given in cycle {}", next, cycle);
  if (next != cycle) return false;
  port_.respond(cycle, {slots_.front().id});
  slots_.pop_front();
  ++oldest_;
  output_free_ = cycle + 1;
  return true;
}

}  // namespace sim::hw
