#include "sim/energy/energy_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sim/energy/missing.h"
#include "sim/energy/row_keys.h"
#include "sim/energy/sram_csv.h"

namespace sim::energy {
namespace {

constexpr std::string_view kRowsMeaning = "energies, one block for each event and width";
constexpr std::string_view kCellsMeaning = "of these cells and their periphery";
constexpr std::string_view kSramMeaning = "on-chip memories, priced by capacity and width";

constexpr base::NumberKey kVoltage = {.name = "voltage_v",
                                      .unit = "V",
                                      .min = 0.1,
                                      .max = 10,
                                      .fallback = {},
                                      .meaning = "supply voltage of the rows that are on chip"};

bool faster(const PricedMemory& a, const PricedMemory& b) {
  return a.price.access_ns < b.price.access_ns;
}

/// That no memory of `may_be_taken` is fast enough, and which of `all` would be.
std::string too_slow(const MemoryShape& shape, double period_ns,
                     const std::vector<PricedMemory>& may_be_taken,
                     const std::vector<PricedMemory>& all) {
  const PricedMemory& best = *std::min_element(may_be_taken.begin(), may_be_taken.end(), faster);
  const PricedMemory& fastest = *std::min_element(all.begin(), all.end(), faster);
  const double needed_ns = fastest.price.access_ns;
  const std::string what = fmt::format(
      "a bank of {} bytes with words of {} bits and {} cells takes {:.3f} ns, but an access has {} "
      "{} of {:.3f} ns",
      shape.bank_bytes, shape.width_bits, cells_name(best.cells), best.price.access_ns,
      shape.access_cycles, shape.access_cycles == 1 ? "cycle" : "cycles", period_ns);
  if (needed_ns <= period_ns * shape.access_cycles) {
    return fmt::format("{}; with sram_cells: {} it takes {:.3f} ns", what,
                       cells_name(fastest.cells), needed_ns);
  }
  return fmt::format("{}; no cells are faster than {} with {:.3f} ns: at most {:.0f} MHz fit", what,
                     cells_name(fastest.cells), needed_ns,
                     std::floor(1000 * shape.access_cycles / needed_ns));
}

}  // namespace

Row Row::from(base::ConfigReader& in) {
  Row r;
  r.event = in.text_value("event", std::nullopt, "what happens");
  r.width_bits = in.integer32({.name = "width_bits",
                               .unit = "bits",
                               .min = 1,
                               .max = 65536,
                               .fallback = {},
                               .meaning = "width of the operands, or of the access"});
  r.value_pj = in.number({.name = "value_pj",
                          .unit = "pJ",
                          .max = 1e9,
                          .fallback = {},
                          .meaning = "energy of one event"});
  r.unit = in.text_value("unit", std::nullopt, "what value_pj is the energy of, as pJ/operation");
  const bool off_chip =
      in.flag("off_chip", false, "the event happens off chip, so it belongs to no node");
  if (in.applies("node_nm", !off_chip, "off_chip is false")) r.node_nm = in.integer32(kNode);
  r.scaled_from_nm = in.integer32(kScaledFrom);
  r.source = in.text_value("source", std::nullopt, kSourceMeaning);
  return r;
}

SramSource SramSource::from(base::ConfigReader& in) {
  SramSource s;
  s.file = in.text_value("file", std::nullopt, "CSV of memories, beside the energy file");
  s.node_nm = in.integer32(kNode);
  base::ConfigReader voltages = in.section("voltage_v", "supply voltage by kind of cells");
  for (const auto& [name, cells] : kSramCells) {
    s.voltage_v[static_cast<std::size_t>(cells)] = voltages.number({.name = name,
                                                                    .unit = "V",
                                                                    .min = 0.1,
                                                                    .max = 10,
                                                                    .fallback = {},
                                                                    .meaning = kCellsMeaning});
  }
  voltages.finish();
  s.source = in.text_value("source", std::nullopt, "tool and settings behind the CSV");
  return s;
}

EnergyTable EnergyTable::load(const std::vector<std::string>& paths, const Options& options) {
  EnergyTable table;
  table.cells_ = options.sram_cells;
  table.count_estimates_ = options.count_estimates;
  table.files_ = fmt::format("{}", fmt::join(paths, ", "));
  table.areas_ = AreaTable(table.files_);
  for (const std::string& path : paths) table.read_file(path, options);
  if (!options.allow_mixed_nodes) table.refuse_mixed_nodes(paths);
  return table;
}

void EnergyTable::read_file(const std::string& path, const Options& options) {
  auto in = base::ConfigReader::file(path);
  const double voltage_v = in.number(kVoltage);
  for (base::ConfigReader& block : in.blocks("rows", kRowsMeaning)) {
    Row row = block.read<Row>();
    if (row.node_nm > 0) row.voltage_v = voltage_v;
    if (!options.allow_mixed_voltages) refuse_another_voltage(row, block);
    add_row(row, block);
  }
  if (in.has("sram")) read_sram(in.section("sram", kSramMeaning), path);
  areas_.read(in);
  in.finish();
}

void EnergyTable::refuse_another_voltage(const Row& row, const base::ConfigReader& in) const {
  const auto on_chip =
      std::find_if(rows_.begin(), rows_.end(), [](const Row& r) { return r.node_nm != 0; });
  if (row.node_nm == 0 || on_chip == rows_.end() || on_chip->voltage_v == row.voltage_v) return;
  in.fail("event",
          fmt::format("the row '{}' of {} bits is of {} V, rows before it are of {} V; use one "
                      "voltage, or set allow_mixed_voltages: true",
                      row.event, row.width_bits, row.voltage_v, on_chip->voltage_v));
}

void EnergyTable::add_row(const Row& row, const base::ConfigReader& in) {
  const bool twin = std::any_of(rows_.begin(), rows_.end(), [&](const Row& r) {
    return r.event == row.event && r.width_bits == row.width_bits;
  });
  if (twin) {
    in.fail("event",
            fmt::format("the row '{}' of {} bits is given twice", row.event, row.width_bits));
  }
  rows_.push_back(row);
}

void EnergyTable::read_sram(base::ConfigReader in, const std::string& path) {
  if (sram_) in.fail("file", "memories are given twice; keep one sram block");
  sram_source_ = in.read<SramSource>();
  const std::string csv = (std::filesystem::path(path).parent_path() / sram_source_.file).string();
  const auto rows = in.opened_for("file", [&] { return read_sram_csv(csv, sram_source_.node_nm); });
  if (rows.empty()) {
    in.fail("node_nm", fmt::format("{} has no row of {} nm", csv, sram_source_.node_nm));
  }
  sram_.emplace(rows);
  if (cells_ && !sram_->has(*cells_)) {
    in.fail("file", fmt::format("{} has no row of {} nm with {} cells, which sram_cells asks for",
                                csv, sram_source_.node_nm, cells_name(*cells_)));
  }
}

std::vector<EnergyTable::OnChip> EnergyTable::on_chip() const {
  std::vector<OnChip> all;
  if (sram_source_.node_nm != 0) all.push_back({"the memories", sram_source_.node_nm});
  for (const Row& r : rows_) {
    if (r.node_nm == 0) continue;
    all.push_back({fmt::format("the row '{}' of {} bits", r.event, r.width_bits), r.node_nm});
  }
  for (const AreaRow& r : areas_.rows()) {
    all.push_back(
        {fmt::format("the area of '{}' of {} bits", r.component, r.width_bits), r.node_nm});
  }
  return all;
}

std::uint32_t EnergyTable::node_nm() const {
  const std::vector<OnChip> all = on_chip();
  const auto other = std::ranges::find_if(
      all, [&](const OnChip& at) { return at.node_nm != all.front().node_nm; });
  return all.empty() || other != all.end() ? 0 : all.front().node_nm;
}

void EnergyTable::refuse_mixed_nodes(const std::vector<std::string>& paths) const {
  const std::vector<OnChip> all = on_chip();
  for (const OnChip& at : all) {
    if (at.node_nm == all.front().node_nm) continue;
    throw base::ConfigError(fmt::format(
        "{}: {} is of {} nm, others are of {} nm; use one node, or set allow_mixed_nodes: true",
        fmt::join(paths, ", "), at.what, at.node_nm, all.front().node_nm));
  }
}

const Row* EnergyTable::find_row(std::string_view event, std::uint32_t width_bits) const {
  const Row* best = nullptr;
  for (const Row& r : rows_) {
    if (r.event != event || r.width_bits < width_bits) continue;
    if (best == nullptr || r.width_bits < best->width_bits) best = &r;
  }
  return best;
}

const Row& EnergyTable::row(std::string_view event, std::uint32_t width_bits,
                            std::string_view unit) const {
  if (const Row* found = find_row(event, width_bits)) return *found;
  throw base::ConfigError(missing(files_, {"rows", "event", event, width_bits}, unit));
}

std::vector<PricedMemory> EnergyTable::memories(const MemoryShape& shape,
                                                std::optional<SramCells> only) const {
  std::vector<PricedMemory> all;
  for (const auto& [name, cells] : kSramCells) {
    if (!sram_->has(cells) || cells != only.value_or(cells)) continue;
    all.push_back({cells, sram_->price(shape, cells),
                   sram_source_.voltage_v[static_cast<std::size_t>(cells)]});
  }
  return all;
}

std::optional<PricedMemory> EnergyTable::find_memory(const MemoryShape& shape,
                                                     double period_ns) const {
  if (!sram_) return {};
  std::optional<PricedMemory> fits;
  for (const PricedMemory& memory : memories(shape, cells_)) {
    if (memory.price.access_ns > period_ns * shape.access_cycles) continue;
    if (!fits || fits->cells < least_leaking_) fits = memory;
  }
  return fits;
}

PricedMemory EnergyTable::memory(const MemoryShape& shape, double period_ns,
                                 std::string_view unit) const {
  if (const auto found = find_memory(shape, period_ns)) return *found;
  if (!sram_) throw base::ConfigError(missing_block(files_, "sram", unit));
  throw base::ConfigError(
      fmt::format("clock_mhz: unit '{}': {}", unit,
                  too_slow(shape, period_ns, memories(shape, cells_), memories(shape, {}))));
}

std::vector<EnergyTable> EnergyTable::variants() const {
  std::vector<EnergyTable> all;
  for (const auto& [name, cells] : kSramCells) {
    if (!sram_ || !sram_->has(cells)) continue;
    all.push_back(*this);
    all.back().cells_.reset();
    all.back().least_leaking_ = cells;
  }
  return all;
}

void describe_table(base::ConfigReader& in) {
  in.number(kVoltage);
  for (base::ConfigReader& block : in.blocks("rows", kRowsMeaning)) block.read<Row>();
  in.read_section<SramSource>("sram", kSramMeaning);
  AreaTable::describe(in);
}

}  // namespace sim::energy
