#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim::core {

/// A path of the machine that moves at most so much a cycle.
struct Link {
  std::string name;
  std::string unit;          // what it moves, a plural: bytes, elements
  std::uint64_t amount = 0;  // moved in the run
  std::uint64_t peak_per_cycle = 0;
};

/// What bounds the work of a run: its arithmetic and its links. At an intensity of work / amount, a
/// link lets the machine do intensity * peak_per_cycle of work in a cycle.
struct Roofline {
  std::string work_unit;  // a plural: ops
  std::uint64_t work = 0;
  std::uint64_t peak_per_cycle = 0;
  std::vector<Link> links;  // those that the run used
};

}  // namespace sim::core
