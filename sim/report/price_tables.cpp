#include "sim/report/price_tables.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sim::report {
namespace {

/// Of an energy or an area.
template <class Item>
std::string cells_of(const Item& item) {
  if (!item.memory) return {};
  return std::string(item.cells ? energy::cells_name(*item.cells) : "flip_flops");
}

std::vector<core::Cell> energy_row(const energy::Item& i) {
  const bool memory = i.memory.has_value();
  const energy::MemoryShape shape = i.memory.value_or(energy::MemoryShape{});
  return {i.unit,
          i.counter,
          i.event,
          std::string(energy::part_name(i.part)),
          i.count,
          i.pj_each,
          i.pj_total,
          std::uint64_t{i.width_bits},
          core::cell_if(memory, static_cast<double>(shape.bank_bytes) / 1024),
          core::cell_if(memory, shape.banks),
          core::cell_if(memory, std::uint64_t{shape.access_cycles}),
          cells_of(i),
          core::cell_if(i.voltage_v > 0, i.voltage_v),
          core::cell_if(i.node_nm > 0, std::uint64_t{i.node_nm}),
          core::cell_if(i.scaled_from_nm > 0, std::uint64_t{i.scaled_from_nm}),
          core::cell_if(i.wire_mm.has_value(), i.wire_mm.value_or(0)),
          std::uint64_t{i.estimated},
          i.source};
}

std::vector<core::Cell> area_row(const energy::AreaItem& i) {
  const bool memory = i.memory.has_value();
  const energy::MemoryShape shape = i.memory.value_or(energy::MemoryShape{});
  return {i.unit,
          i.purpose,
          i.component,
          i.count,
          i.um2_each,
          i.overhead,
          i.mm2_total,
          std::uint64_t{i.width_bits},
          core::cell_if(memory, static_cast<double>(shape.bank_bytes) / 1024),
          core::cell_if(memory, shape.banks),
          core::cell_if(memory, std::uint64_t{shape.access_cycles}),
          cells_of(i),
          std::uint64_t{i.node_nm},
          core::cell_if(i.scaled_from_nm > 0, std::uint64_t{i.scaled_from_nm}),
          i.source};
}

}  // namespace

core::Table energy_table(const energy::Estimate& estimate) {
  core::Table table{
      .name = "energy",
      .definition = "every price paid: energy = count x energy of one event of the table",
      .columns = {{"unit", "", "unit of the machine"},
                  {"counter", "", "what was counted"},
                  {"event", "", "row of the energy table"},
                  {"part", "", "dynamic, clock or leakage"},
                  {"count", "events", "number of events; for leakage, banks or bits times cycles"},
                  {"pj_each", "pJ", "energy of one event"},
                  {"pj_total", "pJ", "count x pj_each"},
                  {"width_bits", "bits", "width of the row, or of a word of the memory"},
                  {"bank_kib", "KiB", "size of one bank of the memory; empty: not a memory"},
                  {"banks", "", "banks of the memory"},
                  {"access_cycles", "cycles", "clock periods that an access to it may take"},
                  {"cells", "",
                   "its transistors: lstp, lstp_hp or hp; flip_flops: less than SRAM, only below "
                   "64 bytes"},
                  {"voltage_v", "V", "supply voltage of the row; empty: off chip"},
                  {"node_nm", "nm", "technology node of the row; empty: off chip"},
                  {"scaled_from_nm", "nm",
                   "node of the published figure that was scaled; empty: a figure of node_nm"},
                  {"wire_mm", "mm", "length of the wires that each bit passes; empty: no wires"},
                  {"estimated", "", "1: the count rests on an estimate; 0: what the machine has"},
                  {"source", "", "publication of the figure"}},
      .rows = {}};
  for (const auto& item : estimate.items) table.rows.push_back(energy_row(item));
  return table;
}

core::Table area_table(const energy::Area& area) {
  core::Table table{
      .name = "area",
      .definition = "what takes room on the chip: area = count x area of one x overhead",
      .columns = {{"unit", "", "unit of the machine"},
                  {"purpose", "", "which of the unit's parts it is"},
                  {"component", "", "row of the list areas, or sram"},
                  {"count", "", "of the component; of sram, banks"},
                  {"um2_each", "um2", "area of the cells of one, or of a bank"},
                  {"overhead", "", "what placement and clock tree make of it; 1 for sram"},
                  {"mm2_total", "mm2", "count x um2_each x overhead"},
                  {"width_bits", "bits", "width of the row, or of a word of the memory"},
                  {"bank_kib", "KiB", "size of one bank of the memory; empty: not of a memory"},
                  {"banks", "", "banks of the memory"},
                  {"access_cycles", "cycles", "clock periods that an access to it may take"},
                  {"cells", "",
                   "its transistors: lstp, lstp_hp or hp; flip_flops: less than SRAM, only below "
                   "64 bytes"},
                  {"node_nm", "nm", "technology node of the row"},
                  {"scaled_from_nm", "nm",
                   "node of the published figure that was scaled; empty: a figure of node_nm"},
                  {"source", "", "publication of the figure"}},
      .rows = {}};
  for (const auto& item : area.items) table.rows.push_back(area_row(item));
  return table;
}

}  // namespace sim::report
