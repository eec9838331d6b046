#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/energy/sram_table.h"

namespace sim::energy {

/// The rows of one node of a CSV with the columns node_nm, cells (lstp, lstp_hp or hp),
/// capacity_bytes, width_bits, read_pj, write_pj, leakage_mw (sub-threshold), gate_leakage_mw,
/// access_ns and area_mm2 (others are ignored), by cells, capacity and width. ConfigError with file
/// and line for a missing column, a malformed value, a row given twice, or without the widest word
/// in the largest capacity.
std::vector<SramRow> read_sram_csv(const std::string& path, std::uint32_t node_nm);

}  // namespace sim::energy
