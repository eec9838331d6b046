#pragma once

#include <cstdint>
#include <deque>

#include "sim/hw/engine.h"
#include "sim/hw/memory_port.h"

namespace sim::hw {

/// What every memory does at its side of a port: takes requests as fast as their data comes in, and
/// gives responses in order as fast as their data goes out.
///
/// A write that is taken in cycle n has its data whole in cycle n + beats - 1, and the next request
/// is taken after that; a read is whole in cycle n. The response to a read takes its beats one
/// after the other, not before the response before it has had its last and not before the memory
/// has the first data; it is given with its last beat, and not before the memory has the last data.
/// That to a write takes one cycle.
class MemoryServer {
 public:
  struct Accepted {
    MemoryRequest request;
    std::uint64_t slot;   // ascending, from 0
    std::uint64_t whole;  // cycle
  };

  explicit MemoryServer(MemoryPort& port) : port_(port) {}

  bool request_waits(std::uint64_t cycle) const { return port_.can_take(cycle); }
  /// The first cycle in which a request that waits can be taken.
  std::uint64_t input_free() const { return input_free_; }
  Accepted accept(std::uint64_t cycle);

  /// The memory has the first data of a request in cycle `first` and the last in cycle `done`.
  void finish(std::uint64_t slot, std::uint64_t first, std::uint64_t done);
  /// Gives the response whose cycle it is, if there is one; to be called in each such cycle.
  bool respond(std::uint64_t cycle);
  /// kNever while the oldest request is not finished.
  std::uint64_t next_response() const;
  bool empty() const { return slots_.empty(); }

 private:
  struct Slot {
    std::uint64_t id;
    std::uint64_t beats;
    bool finished = false;
    std::uint64_t first = 0;
    std::uint64_t done = 0;
  };

  MemoryPort& port_;
  std::deque<Slot> slots_;  // accepted and not yet answered, oldest first
  std::uint64_t oldest_ = 0;
  std::uint64_t input_free_ = 0;
  std::uint64_t output_free_ = 0;
};

}  // namespace sim::hw
