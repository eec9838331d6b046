#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/workload/lut_program.h"

namespace sim::reference {

/// The value, 0 or 1, of every signal of the program for row `row` of the inputs: pin k of a LUT
/// gives bit k of its address, and its output is the table's bit at that address.
std::vector<std::uint8_t> lut_signals(const workload::LutProgram& program,
                                      const workload::BitRows& inputs, std::size_t row);

/// The score of each class from the signals: its bits, least significant first, as two's
/// complement or unsigned.
std::vector<std::int32_t> lut_scores(const workload::LutProgram& program,
                                     const std::vector<std::uint8_t>& signals);

}  // namespace sim::reference
