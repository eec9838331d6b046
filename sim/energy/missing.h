#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace sim::energy {

// One line each for what none of the energy files states, and what to do.

/// A row of the list `list`, named by its key `key`.
struct MissingRow {
  std::string_view list;
  std::string_view key;
  std::string_view name;
  std::uint32_t width_bits;
};
inline std::string missing(const std::string& files, const MissingRow& row, std::string_view unit) {
  return fmt::format(
      "{}: no row of '{}' has {}: {} of {} bits or more, which unit '{}' needs; add one, or name a "
      "file that has it in energy_tables",
      files, row.list, row.key, row.name, std::max(row.width_bits, 1U), unit);
}

inline std::string missing_block(const std::string& files, std::string_view block,
                                 std::string_view unit) {
  return fmt::format(
      "{}: no block '{}', which unit '{}' needs; add it, or name a file that has it in "
      "energy_tables",
      files, block, unit);
}

}  // namespace sim::energy
