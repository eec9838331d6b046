#include "sim/energy/sram_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <tuple>

#include "sim/base/file.h"

namespace sim::energy {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr double kMaxCapacityKib = 1 << 30;
constexpr double kMaxWidthBits = 1 << 20;
constexpr std::array<std::string_view, 6> kColumns = {"node_nm", "capacity_kib", "width_bits",
                                                      "read_pj", "write_pj",     "leakage_mw"};
using Columns = std::array<std::size_t, kColumns.size()>;
using Values = std::array<double, kColumns.size()>;

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
  Columns columns{};
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    const auto found = std::find(names.begin(), names.end(), kColumns[c]);
    if (found == names.end()) {
      throw base::ConfigError(fmt::format("{}:1: no column '{}'", path, kColumns[c]));
    }
    columns[c] = static_cast<std::size_t>(found - names.begin());
  }
  return columns;
}

Values parse_line(std::string_view line, const Columns& columns, const std::string& where) {
  const auto cells = split(line, ',');
  Values values{};
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    const std::string_view cell = columns[c] < cells.size() ? cells[columns[c]] : "";
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), values[c]);
    if (error != std::errc() || end != cell.data() + cell.size() || !(values[c] > 0) ||
        !std::isfinite(values[c])) {
      throw base::ConfigError(
          fmt::format("{}: {} '{}' is not a number above 0", where, kColumns[c], cell));
    }
  }
  if (values[1] > kMaxCapacityKib || values[2] > kMaxWidthBits) {
    throw base::ConfigError(fmt::format("{}: capacity or width is out of range", where));
  }
  return values;
}

SramRow to_row(const Values& v) {
  return {.capacity_bytes = static_cast<std::uint64_t>(v[1] * 1024),
          .width_bits = static_cast<std::uint32_t>(v[2]),
          .read_pj = v[3],
          .write_pj = v[4],
          .leakage_mw = v[5]};
}

void sort_and_refuse_twins(std::vector<SramRow>& rows, const std::string& path) {
  const auto key = [](const SramRow& r) { return std::tuple(r.capacity_bytes, r.width_bits); };
  std::sort(rows.begin(), rows.end(),
            [&](const SramRow& a, const SramRow& b) { return key(a) < key(b); });
  const auto twin =
      std::adjacent_find(rows.begin(), rows.end(),
                         [&](const SramRow& a, const SramRow& b) { return key(a) == key(b); });
  if (twin != rows.end()) {
    throw base::ConfigError(fmt::format("{}: the memory of {} bytes, {} bits is given twice", path,
                                        twin->capacity_bytes, twin->width_bits));
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
    const Values values = parse_line(lines[i], columns, fmt::format("{}:{}", path, i + 1));
    if (values[0] == node_nm) rows.push_back(to_row(values));
  }
  sort_and_refuse_twins(rows, path);
  return rows;
}

}  // namespace sim::energy
