#include "sim/energy/energy_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "sim/base/math.h"
#include "sim/energy/sram_csv.h"

namespace sim::energy {
namespace {

constexpr base::IntegerKey kNode = {.name = "node_nm",
                                    .unit = "nm",
                                    .min = 1,
                                    .max = 1000,
                                    .fallback = {},
                                    .meaning = "technology node of the value"};
constexpr std::string_view kRowsMeaning = "energies, one block for each event and width";
constexpr std::string_view kSramMeaning = "on-chip memories, priced by capacity and width";

struct SramBlock {
  std::string file;
  std::uint32_t node_nm;
  std::string source;

  static SramBlock from(base::ConfigReader& in) {
    SramBlock b{};
    b.file = in.text_value("file", std::nullopt, "CSV of memories, beside the energy file");
    b.node_nm = in.integer32(kNode);
    b.source = in.text_value("source", std::nullopt, "tool and settings behind the CSV");
    return b;
  }
};

/// The first of rows ordered by width that is wide enough, or the last.
const SramRow& wide_enough(std::span<const SramRow> rows, std::uint32_t width_bits) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const SramRow& r) { return r.width_bits >= width_bits; });
  return found == rows.end() ? rows.back() : *found;
}

/// The rows of the least capacity that suffices, or of the largest.
std::span<const SramRow> large_enough(std::span<const SramRow> rows, std::uint64_t bytes) {
  const std::uint64_t target = std::min(bytes, rows.back().capacity_bytes);
  const auto first = std::find_if(rows.begin(), rows.end(),
                                  [&](const SramRow& r) { return r.capacity_bytes >= target; });
  const auto last = std::find_if(first, rows.end(), [&](const SramRow& r) {
    return r.capacity_bytes != first->capacity_bytes;
  });
  return {first, last};
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
  r.scaled_from_nm = in.integer32({.name = "scaled_from_nm",
                                   .unit = "nm",
                                   .max = 1000,
                                   .fallback = 0,
                                   .meaning = "node of the published figure that the value was "
                                              "scaled from; 0: a figure of node_nm itself"});
  r.source = in.text_value("source", std::nullopt, "publication of the figure");
  return r;
}

EnergyTable EnergyTable::load(const std::vector<std::string>& paths, bool allow_mixed_nodes) {
  EnergyTable table;
  for (const std::string& path : paths) table.read_file(path);
  if (!allow_mixed_nodes) table.refuse_mixed_nodes(paths);
  return table;
}

void EnergyTable::read_file(const std::string& path) {
  auto in = base::ConfigReader::file(path);
  for (base::ConfigReader& block : in.blocks("rows", kRowsMeaning)) {
    add_row(block.read<Row>(), block);
  }
  if (in.has("sram")) read_sram(in.section("sram", kSramMeaning), path);
  in.finish();
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
  if (!sram_.empty()) in.fail("file", "memories are given twice; keep one sram block");
  const auto block = in.read<SramBlock>();
  const std::string csv = (std::filesystem::path(path).parent_path() / block.file).string();
  sram_ = in.opened_for("file", [&] { return read_sram_csv(csv, block.node_nm); });
  if (sram_.empty()) in.fail("node_nm", fmt::format("{} has no row of {} nm", csv, block.node_nm));
  sram_node_nm_ = block.node_nm;
  sram_source_ = block.source;
}

std::uint32_t EnergyTable::node_nm() const {
  std::uint32_t node = sram_node_nm_;
  for (const Row& r : rows_) {
    if (r.node_nm == 0) continue;
    if (node != 0 && node != r.node_nm) return 0;
    node = r.node_nm;
  }
  return node;
}

void EnergyTable::refuse_mixed_nodes(const std::vector<std::string>& paths) const {
  if (node_nm() != 0) return;
  const auto on_chip =
      std::find_if(rows_.begin(), rows_.end(), [](const Row& r) { return r.node_nm != 0; });
  if (on_chip == rows_.end()) return;
  const std::uint32_t node = sram_node_nm_ != 0 ? sram_node_nm_ : on_chip->node_nm;
  for (const Row& r : rows_) {
    if (r.node_nm == 0 || r.node_nm == node) continue;
    throw base::ConfigError(fmt::format(
        "{}: the row '{}' of {} bits is of {} nm, others are of {} nm; use one node, or "
        "set allow_mixed_nodes: true",
        fmt::join(paths, ", "), r.event, r.width_bits, r.node_nm, node));
  }
}

const Row& EnergyTable::row(std::string_view event, std::uint32_t width_bits,
                            std::string_view unit) const {
  const Row* best = nullptr;
  for (const Row& r : rows_) {
    if (r.event != event || r.width_bits < width_bits) continue;
    if (best == nullptr || r.width_bits < best->width_bits) best = &r;
  }
  if (best == nullptr) {
    throw base::ConfigError(
        fmt::format("the energy table has no row '{}' of {} bits or more, which unit '{}' needs",
                    event, width_bits, unit));
  }
  return *best;
}

SramPrice EnergyTable::sram(const MemoryShape& shape, std::string_view unit) const {
  if (sram_.empty()) {
    throw base::ConfigError(
        fmt::format("the energy table has no sram block, which unit '{}' needs", unit));
  }
  const auto same_capacity = large_enough(sram_, shape.bank_bytes);
  const SramRow& row = wide_enough(same_capacity, shape.width_bits);
  const double accesses = static_cast<double>(base::ceil_div(shape.width_bits, row.width_bits));
  const double arrays = static_cast<double>(base::ceil_div(shape.bank_bytes, row.capacity_bytes));
  return {.read_pj = row.read_pj * accesses,
          .write_pj = row.write_pj * accesses,
          .leakage_mw = row.leakage_mw * arrays * static_cast<double>(shape.banks)};
}

void describe_table(base::ConfigReader& in) {
  for (base::ConfigReader& block : in.blocks("rows", kRowsMeaning)) block.read<Row>();
  in.read_section<SramBlock>("sram", kSramMeaning);
}

}  // namespace sim::energy
