#pragma once

#include <string>
#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"

namespace sim::poetbin::rtl {

/// A program of the fabric as rtl/poetbin/poetbin_fabric.sv takes it through its configuration
/// port.
struct FabricImage {
  std::uint32_t word_bits = 0;
  std::vector<std::vector<std::uint64_t>> words;  // each of word_bits, in words of 64
};

/// Rows as poetbin_fabric.sv states them. Unlike the simulator's configuration_cycles, which count
/// the tables and routes that the program needs, the image also holds lanes without work, the
/// routes of all levels and where outputs go.
FabricImage fabric_image(const Program& program, const Config& config);

/// "poetbin_fabric #(.Features(512), …)".
std::string fabric_module(const Program& program, const Config& config);

}  // namespace sim::poetbin::rtl
