#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/accelerators/dnnguard/assembler.h"

namespace sim::dnnguard {

/// What a layer's descriptor in memory says of banks.
struct LayerDescriptor {
  std::vector<std::uint32_t> written_banks{};
};

/// What a program is written for.
struct ProgramMachine {
  std::uint32_t networks = 2;
  std::uint32_t rows = 32;
  std::uint32_t banks = 16;
  std::uint32_t handlers = 0;     // of the CPU
  std::uint32_t issue_slots = 8;  // of each network
  std::vector<LayerDescriptor> descriptors{};
};

/// What is wrong with a program, whatever time its operations take: "FILE:LINE: …", in the order of
/// the lines. Rules: docs/dnnguard-instructions.md.
std::vector<std::string> faults_of(const Program& program, const ProgramMachine& machine);

}  // namespace sim::dnnguard
