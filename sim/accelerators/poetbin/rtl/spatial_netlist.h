#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin::rtl {

inline constexpr const char* kSpatialModule = "poetbin_spatial";

/// What shapes the netlist besides the program.
struct SpatialShape {
  std::uint32_t word_bits = 0;  // w of the input port; 0: all features in one word
  SerialEntry entry = SerialEntry::kTop;
  std::vector<std::uint32_t> registers_after;  // levels, counted from 1, ascending
  bool argmax = false;                         // class register behind the scores

  std::uint32_t port_bits(const workload::LutProgram& program) const {
    return word_bits == 0 ? program.inputs : word_bits;
  }
};

/// Variant S as one SystemVerilog module, kSpatialModule: an instance of `lut` for each LUT, a wire
/// vector for each level, registers as spatial_tick.h says. Needs rtl/poetbin/lut.sv,
/// feature_register.sv and, with argmax, rtl/common/argmax.sv. The program must be well-formed.
std::string spatial_netlist(const workload::LutProgram& program, const SpatialShape& shape);

}  // namespace sim::poetbin::rtl
