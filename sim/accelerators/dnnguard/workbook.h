#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/workload/network.h"

/// The estimates of NVDLA's performance workbook (nvdla/hw,
/// perf/NVDLA_OpenSource_Performance.xlsx), which the performance table of NVDLA's primer repeats.
/// They are no measurements: start-up, software and switches between layers cost nothing, and a
/// layer costs the longer of its arithmetic and its traffic. Here they are a pure function of a
/// network and of the point that a machine is at.
namespace sim::dnnguard::workbook {

/// The workbook's three sheets differ in their rules, which are meant for one network each.
enum class Sheet { kAlexNet, kGoogLeNet, kResNet50 };

/// On-chip memory beside the convolution buffer. While the weights of all convolutions fit, they
/// stay there from frame to frame, and so do all maps; fully connected layers read their inputs and
/// weights from DRAM. This rule is inferred: of all ways to divide inputs, weights and outputs
/// between the two memories it alone gives the stored total of AlexNet with SRAM.
struct Sram {
  double kib = 0;
  double read_gb_per_second = 0;
  double write_gb_per_second = 0;
};

struct Point {
  std::uint32_t macs = 2048;  // int8 products in a cycle
  double buffer_kib = 512;
  double gb_per_second = 10;  // each moves 1.024 bytes in a cycle of 1 GHz
  double mhz = 1000;
  std::uint32_t fc_batch = 16;  // frames that share a fetch of fully connected weights
  std::optional<Sram> sram{};
};

struct LayerCycles {
  std::string name{};
  std::uint32_t groups = 1;  // that run one after the other
  double mac = 0;            // of one group
  double memory = 0;         // of one group

  bool memory_bound() const { return memory > mac; }
  double cycles() const { return groups * (memory_bound() ? memory : mac); }
};

struct Estimate {
  std::vector<LayerCycles> layers{};
  double cycles = 0;
  double frames_per_second = 0;
};

/// Throws base::WorkloadError where the network is none that is fed with tensors, or the buffer
/// does not hold the lines that a layer's windows need.
Estimate estimate(const workload::Network& network, Sheet sheet, const Point& point);

}  // namespace sim::dnnguard::workbook
