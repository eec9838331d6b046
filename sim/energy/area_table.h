#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/config_reader.h"

namespace sim::energy {

/// Cell area of one component of one width, without what placement adds. Components with rows in
/// arch-configs/energy: multiply, add (one unit that does one operation a cycle), flip_flop,
/// flip_flop_enable, latch, multiplexer (two-way; all of one bit), lut (width_bits is its inputs).
struct AreaRow {
  std::string component;
  std::uint32_t width_bits = 0;
  double area_um2 = 0;
  std::uint32_t node_nm = 0;
  std::uint32_t scaled_from_nm = 0;  // 0: a figure of that node itself
  std::string source;

  static AreaRow from(base::ConfigReader& in);
};

/// What the cells of logic take on a chip, as a multiple of their area: they are not placed without
/// gaps, and their clock tree is in no row.
struct AreaOverhead {
  double factor = 1;
  std::string source;

  static AreaOverhead from(base::ConfigReader& in);
};

/// The list `areas:` and the block `logic_area_overhead:` of one or more energy files.
class AreaTable {
 public:
  /// `files`: those that it is read from, for messages.
  explicit AreaTable(std::string files = "energy_tables") : files_(std::move(files)) {}

  /// Adds what a file has of them. ConfigError: a row or the overhead given twice.
  void read(base::ConfigReader& in);

  /// The row of the component whose width is the least that is at least `width_bits`. ConfigError
  /// naming files, `unit` and component when there is none.
  const AreaRow& row(std::string_view component, std::uint32_t width_bits,
                     std::string_view unit) const;
  /// ConfigError naming files and `unit` when none states it.
  const AreaOverhead& overhead(std::string_view unit) const;

  const std::vector<AreaRow>& rows() const { return rows_; }

  /// Documents the keys in `in`, a describing reader.
  static void describe(base::ConfigReader& in);

 private:
  std::string files_;
  std::vector<AreaRow> rows_;
  std::optional<AreaOverhead> overhead_;
};

}  // namespace sim::energy
