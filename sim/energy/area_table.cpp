#include "sim/energy/area_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/energy/missing.h"
#include "sim/energy/row_keys.h"

namespace sim::energy {
namespace {

constexpr std::string_view kRows = "areas";
constexpr std::string_view kRowsMeaning = "areas of logic, one block for each component and width";
constexpr std::string_view kOverhead = "logic_area_overhead";
constexpr std::string_view kOverheadMeaning =
    "what placement and clock tree add to the areas of logic";

}  // namespace

AreaRow AreaRow::from(base::ConfigReader& in) {
  AreaRow r;
  r.component = in.text_value("component", std::nullopt, "what takes the area");
  r.width_bits = in.integer32({.name = "width_bits",
                               .unit = "bits",
                               .min = 1,
                               .max = 65536,
                               .fallback = {},
                               .meaning = "width of its operands; inputs of a LUT"});
  r.area_um2 = in.number({.name = "area_um2",
                          .unit = "um2",
                          .max = 1e9,
                          .fallback = {},
                          .meaning = "area of its cells alone"});
  r.node_nm = in.integer32(kNode);
  r.scaled_from_nm = in.integer32(kScaledFrom);
  r.source = in.text_value("source", std::nullopt, kSourceMeaning);
  return r;
}

AreaOverhead AreaOverhead::from(base::ConfigReader& in) {
  AreaOverhead o;
  o.factor = in.number({.name = "factor",
                        .unit = "times",
                        .min = 1,
                        .max = 100,
                        .fallback = {},
                        .meaning = "area on the chip / area of the cells"});
  o.source = in.text_value("source", std::nullopt, "what it is made of");
  return o;
}

void AreaTable::read(base::ConfigReader& in) {
  if (in.has(kOverhead)) {
    if (overhead_) in.fail(kOverhead, "the overhead is given twice; keep one");
    overhead_ = in.read_section<AreaOverhead>(kOverhead, kOverheadMeaning);
  }
  for (base::ConfigReader& block : in.blocks(kRows, kRowsMeaning, false)) {
    const auto row = block.read<AreaRow>();
    const bool twin = std::any_of(rows_.begin(), rows_.end(), [&](const AreaRow& r) {
      return r.component == row.component && r.width_bits == row.width_bits;
    });
    if (twin) {
      block.fail("component", fmt::format("the area of '{}' of {} bits is given twice",
                                          row.component, row.width_bits));
    }
    rows_.push_back(row);
  }
}

const AreaRow& AreaTable::row(std::string_view component, std::uint32_t width_bits,
                              std::string_view unit) const {
  const AreaRow* best = nullptr;
  for (const AreaRow& r : rows_) {
    if (r.component != component || r.width_bits < width_bits) continue;
    if (best == nullptr || r.width_bits < best->width_bits) best = &r;
  }
  if (best == nullptr) {
    throw base::ConfigError(missing(files_, {kRows, "component", component, width_bits}, unit));
  }
  return *best;
}

const AreaOverhead& AreaTable::overhead(std::string_view unit) const {
  if (!overhead_) throw base::ConfigError(missing_block(files_, kOverhead, unit));
  return *overhead_;
}

void AreaTable::describe(base::ConfigReader& in) {
  for (base::ConfigReader& block : in.blocks(kRows, kRowsMeaning, false)) block.read<AreaRow>();
  in.read_section<AreaOverhead>(kOverhead, kOverheadMeaning);
}

}  // namespace sim::energy
