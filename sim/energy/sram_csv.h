#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/energy/energy_table.h"

namespace sim::energy {

/// The rows of one node of a CSV with the columns node_nm, capacity_kib, width_bits, read_pj,
/// write_pj and leakage_mw (others are ignored), ascending by capacity, then width. ConfigError
/// with file and line for a missing column, a malformed value or a row given twice.
std::vector<SramRow> read_sram_csv(const std::string& path, std::uint32_t node_nm);

}  // namespace sim::energy
