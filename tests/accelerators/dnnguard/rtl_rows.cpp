#include "tests/accelerators/dnnguard/rtl_rows.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace sim::dnnguard::test {

std::vector<std::string> split(const std::string& line, char by) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == by) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

bool RtlRow::holds(const std::string& column) const {
  const auto found = cells.find(column);
  return found != cells.end() && !found->second.empty();
}

std::int64_t RtlRow::number(const std::string& column) const { return std::stoll(text(column)); }

std::uint32_t RtlRow::count(const std::string& column) const {
  return text(column).empty() ? 0 : static_cast<std::uint32_t>(number(column));
}

std::vector<RtlRow> rtl_rows(const std::string& file) {
  const std::string path = LOCKSTEP_SOURCE_DIR "/tests/accelerators/dnnguard/rtl_rows/" + file;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<RtlRow> rows;
  std::vector<std::string> columns;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string> cells = split(line, ',');
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    RtlRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) row.cells[columns[i]] = cells.at(i);
  }
  return rows;
}

double Figure::percent() const {
  return rtl == 0 ? 0 : 100.0 * static_cast<double>(error()) / static_cast<double>(std::abs(rtl));
}

std::vector<Figure> beside(const RtlRow& row, const Said& model) {
  std::vector<Figure> figures;
  for (const auto& [name, said] : model)
    if (row.holds(name)) figures.push_back({name, row.number(name), said});
  return figures;
}

bool near(const Figure& figure) {
  const std::int64_t off = std::abs(figure.error());
  return off * 100 <= figure.rtl || off <= 8;
}

}  // namespace sim::dnnguard::test
