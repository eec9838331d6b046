#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// Hardware layers whose enables are written together: convolutions that follow one another through
/// the ping-pong register groups. Others are enabled by the interrupt of the one before.
struct Job {
  std::string name;  // of the operator, or where it stands in a program
  std::vector<workload::nvdla::Layer> layers;
};

/// What the array runs: each job is enabled when the one before has raised its interrupt.
struct Program {
  std::vector<Job> jobs{};
  std::vector<std::pair<std::string, std::string>>
      links{};                     // an operator, one whose results it reads
  std::uint64_t samples = 1;       // how often all jobs run
  std::uint64_t memory_bytes = 0;  // of cubes, weights and operands; 0: as its addresses say
};

}  // namespace sim::dnnguard
