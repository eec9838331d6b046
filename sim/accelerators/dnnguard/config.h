#pragma once

#include <cstdint>

#include "sim/accelerators/dnnguard/array_geometry.h"
#include "sim/accelerators/dnnguard/convolution_work.h"
#include "sim/accelerators/dnnguard/unit_timing.h"
#include "sim/base/config_reader.h"

namespace sim::dnnguard {

/// DRAM0 as the array's units see it: fixed latency, one read every so many cycles.
struct MemoryConfig {
  std::uint32_t latency_cycles = 32;
  std::uint32_t bytes_per_cycle = 8;
  std::uint32_t read_interval_cycles = 2;
  std::uint32_t write_interval_cycles = 2;

  static MemoryConfig from(base::ConfigReader& in);
};

struct Config {
  ArrayGeometry array;
  UnitRates rates;
  std::uint32_t operand_beats = 16;      // in flight to a stage of SDP behind a convolution
  std::uint32_t extra_weight_beats = 0;  // read beyond the banks of weights
  MemoryConfig memory;
  std::uint32_t launch_cycles = 0;  // from an interrupt to the next enable

  static Config from(base::ConfigReader& in);

  ConvolutionMachine convolution() const;
  ReadMemory read_memory() const;
  UnitMemory unit_memory() const;
};

}  // namespace sim::dnnguard
