#pragma once

#include <cstdint>
#include <span>

#include "sim/stats/stats.h"

namespace sim::optimus {

/// Where the MAC-cycles of the array go (their sum is N MACs x cycles). Letters are the stall
/// causes that a sparse array distinguishes: (a) input not there, (b) accumulator conflict, (c) own
/// list exhausted, (d) fillers, (e) the next operator needs the whole result of this one.
struct ArrayCounts {
  std::uint64_t sparse_macs = 0;
  std::uint64_t dense_macs = 0;
  std::uint64_t fillers = 0;
  std::uint64_t load_stalls = 0;
  std::uint64_t weight_stalls = 0;
  std::uint64_t conflict_stalls = 0;
  std::uint64_t imbalance = 0;
  std::uint64_t edge_idle = 0;
  std::uint64_t issue = 0;
  std::uint64_t drain = 0;
  std::uint64_t reduce = 0;
  std::uint64_t output_stalls = 0;
  std::uint64_t barrier = 0;

  std::uint64_t macs() const { return sparse_macs + dense_macs; }
  /// All MAC-cycles accounted for.
  std::uint64_t total() const;
};

/// Events that cost energy, counted where they happen.
struct ArrayEvents {
  std::uint64_t weight_reads = 0;
  std::uint64_t weight_writes = 0;
  std::uint64_t column_reads = 0;
  std::uint64_t column_writes = 0;
  std::uint64_t window_loads = 0;
  std::uint64_t window_copies = 0;
  std::uint64_t window_reads = 0;
  std::uint64_t accumulations = 0;
  std::uint64_t reduction_reads = 0;
  std::uint64_t reduction_adds = 0;
  std::uint64_t kv_reads = 0;
  std::uint64_t results = 0;
  std::uint64_t dram_bytes = 0;
};

std::span<const stats::Field<ArrayCounts>> array_count_fields();
std::span<const stats::Field<ArrayEvents>> array_event_fields();

}  // namespace sim::optimus
