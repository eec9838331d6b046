#include "sim/energy/sram_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <tuple>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/printable.h"

namespace sim::energy {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr double kMaxCapacityBytes = 1e12;
constexpr double kMaxWidthBits = 1 << 20;
constexpr std::string_view kCells = "cells";
constexpr std::array<std::string_view, 9> kNumbers = {
    "node_nm",    "capacity_bytes",  "width_bits", "read_pj", "write_pj",
    "leakage_mw", "gate_leakage_mw", "access_ns",  "area_mm2"};

/// Where a line has each number, and the kind of cells.
struct Columns {
  std::array<std::size_t, kNumbers.size()> numbers{};
  std::size_t cells = 0;
};
struct Line {
  std::array<double, kNumbers.size()> numbers{};
  SramCells cells = SramCells::kLstp;
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

Columns find_columns(std::string_view header, const std::string& path) {
  const auto names = split(header, ',');
  const auto find = [&](std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      throw base::ConfigError(fmt::format("{}:1: no column '{}'", path, name));
    }
    return static_cast<std::size_t>(found - names.begin());
  };
  Columns columns;
  std::transform(kNumbers.begin(), kNumbers.end(), columns.numbers.begin(), find);
  columns.cells = find(kCells);
  return columns;
}

double parse_number(std::string_view cell, std::string_view name, const std::string& where) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !(value > 0) ||
      !std::isfinite(value)) {
    throw base::ConfigError(
        fmt::format("{}: {} '{}' is not a number above 0", where, name, base::printable(cell)));
  }
  return value;
}

SramCells parse_cells(std::string_view cell, const std::string& where) {
  for (const auto& [name, cells] : kSramCells) {
    if (name == cell) return cells;
  }
  throw base::ConfigError(
      fmt::format("{}: cells '{}' is none of lstp, lstp_hp, hp", where, base::printable(cell)));
}

Line parse_line(std::string_view text, const Columns& columns, const std::string& where) {
  const auto cells = split(text, ',');
  const auto cell = [&](std::size_t column) {
    return column < cells.size() ? cells[column] : std::string_view();
  };
  Line line;
  for (std::size_t n = 0; n < kNumbers.size(); ++n) {
    line.numbers[n] = parse_number(cell(columns.numbers[n]), kNumbers[n], where);
  }
  line.cells = parse_cells(cell(columns.cells), where);
  if (line.numbers[1] > kMaxCapacityBytes || line.numbers[2] > kMaxWidthBits) {
    throw base::ConfigError(fmt::format("{}: capacity or width is out of range", where));
  }
  return line;
}

SramRow to_row(const Line& line) {
  const auto& n = line.numbers;
  return {.cells = line.cells,
          .capacity_bytes = static_cast<std::uint64_t>(n[1]),
          .width_bits = static_cast<std::uint32_t>(n[2]),
          .price = {.read_pj = n[3],
                    .write_pj = n[4],
                    .leakage_mw = n[5] + n[6],
                    .access_ns = n[7],
                    .area_mm2 = n[8]}};
}

void sort_and_refuse_twins(std::vector<SramRow>& rows, const std::string& path) {
  const auto key = [](const SramRow& r) {
    return std::tuple(r.cells, r.capacity_bytes, r.width_bits);
  };
  std::sort(rows.begin(), rows.end(),
            [&](const SramRow& a, const SramRow& b) { return key(a) < key(b); });
  const auto twin =
      std::adjacent_find(rows.begin(), rows.end(),
                         [&](const SramRow& a, const SramRow& b) { return key(a) == key(b); });
  if (twin != rows.end()) {
    throw base::ConfigError(
        fmt::format("{}: the memory of {} bytes, {} bits with {} cells is given twice", path,
                    twin->capacity_bytes, twin->width_bits, cells_name(twin->cells)));
  }
}

/// A bank as large as the largest, with the widest word, of memories of these cells.
SramRow corner_of(const std::vector<SramRow>& rows, SramCells cells) {
  SramRow corner{.cells = cells, .capacity_bytes = 0, .width_bits = 0, .price = {}};
  for (const SramRow& r : rows) {
    if (r.cells != cells) continue;
    corner.capacity_bytes = std::max(corner.capacity_bytes, r.capacity_bytes);
    corner.width_bits = std::max(corner.width_bits, r.width_bits);
  }
  return corner;
}

/// It is listed, so that every memory has one at least as large and wide.
void refuse_open_corner(const std::vector<SramRow>& rows, const std::string& path) {
  for (const auto& named : kSramCells) {
    const SramRow corner = corner_of(rows, named.second);
    const bool there = std::any_of(rows.begin(), rows.end(), [&](const SramRow& r) {
      return r.cells == corner.cells && r.capacity_bytes == corner.capacity_bytes &&
             r.width_bits == corner.width_bits;
    });
    if (there || corner.capacity_bytes == 0) continue;
    throw base::ConfigError(
        fmt::format("{}: with {} cells the largest memory ({} bytes) needs a row with the widest "
                    "word ({} bits)",
                    path, named.first, corner.capacity_bytes, corner.width_bits));
  }
}

}  // namespace

std::vector<SramRow> read_sram_csv(const std::string& path, std::uint32_t node_nm) {
  const std::string text = base::read_text_file(path, kMaxFileBytes);
  const auto lines = split(text, '\n');
  const Columns columns = find_columns(lines.front(), path);
  std::vector<SramRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const Line line = parse_line(lines[i], columns, fmt::format("{}:{}", path, i + 1));
    if (line.numbers[0] == node_nm) rows.push_back(to_row(line));
  }
  sort_and_refuse_twins(rows, path);
  refuse_open_corner(rows, path);
  return rows;
}

}  // namespace sim::energy
