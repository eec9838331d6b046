#include "sim/energy/sram_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::energy {
namespace {

constexpr std::array kQuantities = {&SramPrice::read_pj, &SramPrice::write_pj,
                                    &SramPrice::leakage_mw, &SramPrice::access_ns,
                                    &SramPrice::area_mm2};

SramPrice least_of(const std::vector<SramRow>& rows, SramCells cells, std::uint64_t bytes,
                   std::uint32_t width_bits) {
  SramPrice least;
  for (const auto quantity : kQuantities) {
    least.*quantity = std::numeric_limits<double>::infinity();
    for (const SramRow& row : rows) {
      if (row.cells != cells || row.capacity_bytes < bytes || row.width_bits < width_bits) continue;
      least.*quantity = std::min(least.*quantity, row.price.*quantity);
    }
    SIM_CHECK(std::isfinite(least.*quantity), "no memory of {} bytes, {} bits", bytes, width_bits);
  }
  return least;
}

/// A share `along` of the way from `low` to `high`, in the logarithms.
SramPrice between(const SramPrice& low, const SramPrice& high, double along) {
  SramPrice price;
  for (const auto quantity : kQuantities) {
    price.*quantity = low.*quantity * std::pow(high.*quantity / low.*quantity, along);
  }
  return price;
}

double share_between(std::uint64_t low, std::uint64_t high, std::uint64_t value) {
  const auto log_of = [](std::uint64_t bytes) { return std::log(static_cast<double>(bytes)); };
  return (log_of(value) - log_of(low)) / (log_of(high) - log_of(low));
}

}  // namespace

std::string_view cells_name(SramCells cells) {
  return kSramCells[static_cast<std::size_t>(cells)].first;
}

SramTable::SramTable(const std::vector<SramRow>& rows) {
  SIM_CHECK(!rows.empty(), "a table of memories without a row");
  for (const auto& [name, cells] : kSramCells) {
    kinds_[static_cast<std::size_t>(cells)] = make_kind(rows, cells);
  }
}

SramTable::Kind SramTable::make_kind(const std::vector<SramRow>& rows, SramCells cells) {
  std::set<std::uint64_t> capacities;
  std::set<std::uint32_t> widths;
  for (const SramRow& row : rows) {
    if (row.cells != cells) continue;
    capacities.insert(row.capacity_bytes);
    widths.insert(row.width_bits);
  }
  Kind kind{{capacities.begin(), capacities.end()}, {widths.begin(), widths.end()}, {}};
  for (const std::uint64_t bytes : capacities) {
    for (const std::uint32_t bits : widths) {
      kind.least.push_back(least_of(rows, cells, bytes, bits));
    }
  }
  return kind;
}

SramPrice SramTable::side_by_side(const Kind& k, std::uint64_t bytes, std::uint32_t width_bits,
                                  std::uint64_t count) {
  const std::uint64_t share = base::ceil_div(bytes, count);
  const std::uint64_t listed = std::clamp(share, k.capacities.front(), k.capacities.back());
  const auto wide = std::lower_bound(k.widths.begin(), k.widths.end() - 1, width_bits);
  const auto large = std::lower_bound(k.capacities.begin(), k.capacities.end(), listed);
  const auto at = static_cast<std::size_t>(large - k.capacities.begin()) * k.widths.size() +
                  static_cast<std::size_t>(wide - k.widths.begin());
  SramPrice price = *large == listed ? k.least[at]
                                     : between(k.least[at - k.widths.size()], k.least[at],
                                               share_between(*(large - 1), *large, listed));
  const double arrays =
      std::max(1.0, static_cast<double>(share) / static_cast<double>(k.capacities.back()));
  const auto banks = static_cast<double>(count);
  price.read_pj *= banks;
  price.write_pj *= banks;
  price.leakage_mw *= arrays * banks;
  price.area_mm2 *= arrays * banks;
  return price;
}

SramPrice SramTable::price(const MemoryShape& shape, SramCells cells) const {
  const Kind& k = kind(cells);
  SIM_CHECK(has(cells), "no memory with {} cells", cells_name(cells));
  const std::uint64_t bytes =
      std::max<std::uint64_t>(shape.bank_bytes, base::ceil_div(shape.width_bits, 8));
  SramPrice price = side_by_side(k, bytes, shape.width_bits, 1);
  for (std::uint64_t n = 2; n <= base::ceil_div(shape.width_bits, k.widths.back()); ++n) {
    const SramPrice of_more = side_by_side(k, bytes, shape.width_bits, n);
    for (const auto quantity : kQuantities) {
      price.*quantity = std::max(price.*quantity, of_more.*quantity);
    }
  }
  price.leakage_mw *= static_cast<double>(shape.banks);
  price.area_mm2 *= static_cast<double>(shape.banks);
  return price;
}

}  // namespace sim::energy
