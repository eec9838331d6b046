#pragma once

#include <cstdint>

#include "sim/workload/lut_program.h"

namespace sim::workload {

/// LUT6 that a table of this many inputs takes on a fabric of six-input tables: 2^(pins - 6), the
/// selection among them left to the fabric's own multiplexers; one up to six pins; none for a
/// constant.
std::uint64_t lut6_count(std::uint32_t pins);

/// Pins of a LUT that are not constants.
std::uint32_t live_pins(const LutLevel& level, std::size_t lut);

/// Bits of the tables of a level without constant pins: 2^n for a LUT of n live pins, none for a
/// constant.
std::uint64_t live_table_bits(const LutLevel& level);

/// The same functions with each LUT's live pins first, in their order; constants 0 follow, and
/// addresses that need one of these to be 1 hold 0.
LutLevel with_live_pins_first(const LutLevel& level);

/// LUT6 of a level or of a program as it stands: every LUT with all its pins.
std::uint64_t lut6_raw(const LutLevel& level);
std::uint64_t lut6_raw(const LutProgram& program);

/// The same with pins that are constants removed. (With everything removed that simplify() finds:
/// this of the simplified program.)
std::uint64_t lut6_live(const LutLevel& level);
std::uint64_t lut6_live(const LutProgram& program);

}  // namespace sim::workload
