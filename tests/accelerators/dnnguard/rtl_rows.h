#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sim::dnnguard::test {

/// A line of a file of rtl_rows/: what the public RTL did with one layer, or two in a row.
struct RtlRow {
  std::map<std::string, std::string> cells;

  const std::string& text(const std::string& column) const { return cells.at(column); }
  /// Whether there is such a column and it is not empty.
  bool holds(const std::string& column) const;
  std::int64_t number(const std::string& column) const;
  /// 0 where nothing is recorded.
  std::uint32_t count(const std::string& column) const;
};

std::vector<RtlRow> rtl_rows(const std::string& file);

std::vector<std::string> split(const std::string& line, char by);

/// A figure of the RTL beside the model's: cycles from the enable, or a count of beats.
struct Figure {
  std::string name;
  std::int64_t rtl = 0;
  std::int64_t model = 0;

  std::int64_t error() const { return model - rtl; }
  double percent() const;
};

/// What the model says of each column, beside those that the row holds.
using Said = std::vector<std::pair<std::string, std::int64_t>>;
std::vector<Figure> beside(const RtlRow& row, const Said& model);

/// Within the larger of 1 % and 8 cycles.
bool near(const Figure& figure);

/// A row as the table of all of them has it.
struct ComparedRow {
  std::string kind;
  std::string configuration;
  std::uint32_t latency = 0;
  std::uint32_t accept_interval = 0;
  std::string name;
  bool loose = false;  // marked *: the bench itself was not exact
  /// The first is the last output, of the second layer if there are two.
  std::vector<Figure> figures;
};

}  // namespace sim::dnnguard::test
