#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/energy/activity.h"

namespace sim::energy {

/// Transistors of a memory's cells and of its periphery, as CACTI names them: low standby power,
/// low standby power with a high-performance periphery, high performance.
enum class SramCells { kLstp, kLstpHp, kHp };

/// By name, from the least leakage to the most.
constexpr std::array<std::pair<std::string_view, SramCells>, 3> kSramCells = {
    {{"lstp", SramCells::kLstp}, {"lstp_hp", SramCells::kLstpHp}, {"hp", SramCells::kHp}}};
std::string_view cells_name(SramCells cells);

struct SramPrice {
  double read_pj = 0;     // one access
  double write_pj = 0;    // one access
  double leakage_mw = 0;  // sub-threshold and gate; mW = pJ/ns
  double access_ns = 0;
  double area_mm2 = 0;
};

/// One bank of a memory, as a tool or a data sheet lists it.
struct SramRow {
  SramCells cells = SramCells::kLstp;
  std::uint64_t capacity_bytes = 0;
  std::uint32_t width_bits = 0;
  SramPrice price;
};

/// Memories below this can be flip-flops: nobody makes so small an SRAM, but one of this size can
/// stand in. Each quantity is that of whichever has less of it.
constexpr std::uint64_t kLeastSramBytes = 64;
inline bool may_be_flip_flops(const MemoryShape& shape) {
  return shape.bank_bytes < kLeastSramBytes;
}

/// Memories of one node, priced by capacity and width. Any listed memory can stand in for a smaller
/// or narrower one, so the price of a listed capacity is the least over all rows at least as large
/// and wide, each quantity by itself; between two listed capacities it follows the line through
/// both in the logarithms. So no quantity falls as capacity or width grows, none has steps in
/// capacity, and a place where the tool's optimiser found something odd cannot be sought out.
class SramTable {
 public:
  /// At least one row; the largest capacity of each kind of cells has the widest word, too.
  explicit SramTable(const std::vector<SramRow>& rows);

  /// Whether there are rows of these cells.
  bool has(SramCells cells) const { return !kind(cells).widths.empty(); }

  /// Accesses are to one bank, leakage and area of all banks. A bank holds at least one word. A
  /// larger bank than the largest is as many of these as it holds (not rounded), of which one is
  /// accessed. A bank with a wider word than the widest is several of that word side by side, each
  /// with its share of the capacity, and no quantity is less than of fewer of them: smaller banks
  /// that are faster do not make a wide memory faster than a narrow one.
  SramPrice price(const MemoryShape& shape, SramCells cells) const;

 private:
  struct Kind {
    std::vector<std::uint64_t> capacities;  // ascending
    std::vector<std::uint32_t> widths;      // ascending
    std::vector<SramPrice> least;           // of each capacity (major) and width
  };

  const Kind& kind(SramCells cells) const { return kinds_[static_cast<std::size_t>(cells)]; }
  /// `count` banks that have a capacity of `bytes` between them and are accessed at once.
  static SramPrice side_by_side(const Kind& kind, std::uint64_t bytes, std::uint32_t width_bits,
                                std::uint64_t count);
  static Kind make_kind(const std::vector<SramRow>& rows, SramCells cells);

  std::array<Kind, kSramCells.size()> kinds_;
};

}  // namespace sim::energy
