#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/energy/activity.h"

namespace sim::energy {

/// Energy of one event of one width. Events with rows in arch-configs/energy: multiply, add (one
/// operation), register (one access: a read or a write), softmax_element, norm_element (all
/// arithmetic of one element), dram (one byte); register_clock (one bit for one cycle) and
/// register_leakage (one bit for one ns) price static parts.
struct Row {
  std::string event;
  std::uint32_t width_bits = 0;
  double value_pj = 0;
  std::string unit;
  std::uint32_t node_nm = 0;         // 0: off chip
  std::uint32_t scaled_from_nm = 0;  // 0: a figure of that node itself
  std::string source;

  static Row from(base::ConfigReader& in);
};

/// One bank of a memory; the events sram_read, sram_write and sram_leakage (one bank for one ns).
struct SramRow {
  std::uint64_t capacity_bytes = 0;
  std::uint32_t width_bits = 0;
  double read_pj = 0;
  double write_pj = 0;
  double leakage_mw = 0;  // mW = pJ/ns
};

/// The price of a memory of a given shape. An access touches one bank.
struct SramPrice {
  double read_pj = 0;
  double write_pj = 0;
  double leakage_mw = 0;  // of all its banks
};

/// Rows of one or more energy files: `rows:`, and at most one `sram:` block, which names a CSV
/// beside the file. Memory below the smallest capacity takes the smallest row (1 KiB).
class EnergyTable {
 public:
  /// Reads the files in order. ConfigError: an unknown or wrong key, a row given twice, rows of
  /// different nodes without `allow_mixed_nodes`; FileError: a file that cannot be read.
  static EnergyTable load(const std::vector<std::string>& paths, bool allow_mixed_nodes);

  /// The row of the event whose width is the least that is at least `width_bits`; width 0 takes the
  /// narrowest. ConfigError naming `unit` and event when there is none.
  const Row& row(std::string_view event, std::uint32_t width_bits, std::string_view unit) const;

  /// Next larger capacity, then next larger width. A larger bank is several banks of the largest
  /// capacity, one of which is accessed; a wider access is several accesses of the largest width.
  /// ConfigError naming `unit` when no file has an sram block.
  SramPrice sram(const MemoryShape& shape, std::string_view unit) const;

  const std::vector<Row>& rows() const { return rows_; }
  std::uint32_t sram_node_nm() const { return sram_node_nm_; }
  const std::string& sram_source() const { return sram_source_; }
  /// The technology node of the on-chip rows; 0 when they are mixed.
  std::uint32_t node_nm() const;

 private:
  void read_file(const std::string& path);
  void add_row(const Row& row, const base::ConfigReader& in);
  void read_sram(base::ConfigReader in, const std::string& path);
  void refuse_mixed_nodes(const std::vector<std::string>& paths) const;

  std::vector<Row> rows_;
  std::vector<SramRow> sram_;  // ascending by capacity, then width
  std::uint32_t sram_node_nm_ = 0;
  std::string sram_source_;
};

/// Documents the keys of an energy file in `in`, a describing reader.
void describe_table(base::ConfigReader& in);

}  // namespace sim::energy
