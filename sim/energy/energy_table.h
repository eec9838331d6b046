#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/energy/activity.h"
#include "sim/energy/area_table.h"
#include "sim/energy/sram_table.h"

namespace sim::energy {

/// Energy of one event of one width. Events with rows in arch-configs/energy: multiply, add (one
/// operation), register (one access: a read or a write), softmax_element, norm_element (all
/// arithmetic of one element), dram (one byte), wire (one bit over one mm), lut_… (a change in a
/// look-up table); register_clock (one bit for one cycle), register_leakage and
/// configuration_leakage (one bit for one ns) price static parts.
struct Row {
  std::string event;
  std::uint32_t width_bits = 0;
  double value_pj = 0;
  std::string unit;
  std::uint32_t node_nm = 0;         // 0: off chip
  std::uint32_t scaled_from_nm = 0;  // 0: a figure of that node itself
  double voltage_v = 0;              // 0: off chip
  std::string source;

  static Row from(base::ConfigReader& in);
};

/// The block `sram:` of an energy file.
struct SramSource {
  std::string file;  // a CSV beside the energy file
  std::uint32_t node_nm = 0;
  std::array<double, kSramCells.size()> voltage_v{};  // of each kind of cells
  std::string source;

  static SramSource from(base::ConfigReader& in);
};

/// A memory with the cells that were chosen for it. The events sram_read, sram_write and
/// sram_leakage (one bank for one ns) take their prices from it.
struct PricedMemory {
  SramCells cells = SramCells::kLstp;
  SramPrice price;
  double voltage_v = 0;
};

/// Rows of one or more energy files: `rows:`, at most one `sram:` block, which names a CSV beside
/// the file, and areas.
class EnergyTable {
 public:
  struct Options {
    bool allow_mixed_nodes = false;
    bool allow_mixed_voltages = false;
    std::optional<SramCells> sram_cells{};  // none: the least leaking ones that are fast enough
    bool count_estimates = true;            // price activities and parts that rest on estimates
  };

  /// Reads the files in order. ConfigError: an unknown or wrong key, a row given twice, rows of
  /// different nodes without `allow_mixed_nodes` or of files of different voltages without
  /// `allow_mixed_voltages` (memories have voltages of their own); FileError: a file that cannot be
  /// read.
  static EnergyTable load(const std::vector<std::string>& paths, const Options& options);

  /// The row of the event whose width is the least that is at least `width_bits`; width 0 takes the
  /// narrowest. ConfigError naming files, `unit`, event and what to add when there is none.
  const Row& row(std::string_view event, std::uint32_t width_bits, std::string_view unit) const;
  /// The same; null when there is none.
  const Row* find_row(std::string_view event, std::uint32_t width_bits) const;

  /// The memory with the chosen cells. An access takes at most shape.access_cycles periods of
  /// `period_ns`; ConfigError naming `unit` and the cells that would do when it takes longer, and
  /// when no file has an sram block.
  PricedMemory memory(const MemoryShape& shape, double period_ns, std::string_view unit) const;
  /// The same; none when it is too slow or no file has an sram block.
  std::optional<PricedMemory> find_memory(const MemoryShape& shape, double period_ns) const;

  /// This table once for each kind of cells that it lists, with no memory of a kind that leaks
  /// less: what the same counts could cost as well. Where only such a kind is fast enough, it
  /// stays.
  std::vector<EnergyTable> variants() const;

  const std::vector<Row>& rows() const { return rows_; }
  const SramSource& sram_source() const { return sram_source_; }
  bool counts_estimates() const { return count_estimates_; }
  const AreaTable& areas() const { return areas_; }
  /// The technology node of all that is on chip; 0 when nodes are mixed.
  std::uint32_t node_nm() const;

 private:
  /// What belongs to a technology node, in words.
  struct OnChip {
    std::string what;
    std::uint32_t node_nm;
  };

  void read_file(const std::string& path, const Options& options);
  void refuse_another_voltage(const Row& row, const base::ConfigReader& in) const;
  void add_row(const Row& row, const base::ConfigReader& in);
  void read_sram(base::ConfigReader in, const std::string& path);
  std::vector<OnChip> on_chip() const;
  void refuse_mixed_nodes(const std::vector<std::string>& paths) const;
  /// With each kind of cells that is listed, or with one of them, from the least leakage up.
  std::vector<PricedMemory> memories(const MemoryShape& shape, std::optional<SramCells> only) const;

  std::string files_ = "energy_tables";  // for messages: their paths
  std::vector<Row> rows_;
  AreaTable areas_;
  std::optional<SramTable> sram_;
  SramSource sram_source_;
  std::optional<SramCells> cells_;  // only these
  SramCells least_leaking_ = SramCells::kLstp;
  bool count_estimates_ = true;
};

/// Documents the keys of an energy file in `in`, a describing reader.
void describe_table(base::ConfigReader& in);

}  // namespace sim::energy
