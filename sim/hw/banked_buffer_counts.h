#pragma once

#include <cstdint>
#include <span>

#include "sim/stats/stats.h"

namespace sim::hw {

/// Of one port of a banked buffer. In each cycle exactly one of read_words, written_words,
/// refused_words, conflict_waits, clear_waits, output_waits and idle grows by one.
struct BufferPortCounts {
  std::uint64_t requests = 0;
  std::uint64_t refused_requests = 0;
  std::uint64_t read_words = 0;
  std::uint64_t written_words = 0;
  std::uint64_t refused_words = 0;
  std::uint64_t conflict_waits = 0;
  std::uint64_t clear_waits = 0;
  std::uint64_t output_waits = 0;
  std::uint64_t idle = 0;
};
std::span<const stats::Field<BufferPortCounts>> buffer_port_fields();

/// Of one bank. In each cycle exactly one of busy, conflict, clearing and idle grows by one.
struct BankCounts {
  std::uint64_t commands = 0;
  std::uint64_t busy = 0;
  std::uint64_t conflict = 0;
  std::uint64_t clearing = 0;
  std::uint64_t idle = 0;
};
std::span<const stats::Field<BankCounts>> bank_fields();

}  // namespace sim::hw
