#include "sim/report/text.h"

#include <fmt/format.h>

#include <cmath>

#include "sim/base/check.h"

namespace sim::report {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

double finite(double value) {
  SIM_CHECK(std::isfinite(value), "a result of {} is no number", value);
  return value;
}

}  // namespace

std::string cell_text(const core::Cell& cell) {
  if (const auto* count = std::get_if<std::uint64_t>(&cell)) return fmt::to_string(*count);
  if (const auto* value = std::get_if<double>(&cell)) return fmt::format("{}", finite(*value));
  return std::get<std::string>(cell);
}

nlohmann::ordered_json cell_json(const core::Cell& cell) {
  if (const auto* value = std::get_if<double>(&cell)) return finite(*value);
  if (const auto* count = std::get_if<std::uint64_t>(&cell)) return *count;
  return std::get<std::string>(cell);
}

std::string csv(const core::Table& table) {
  std::string out;
  const auto put = [&out](std::size_t column, const std::string& text) {
    if (column > 0) out += ',';
    out += quoted(text);
  };
  for (std::size_t c = 0; c < table.columns.size(); ++c) put(c, table.columns[c].name);
  out += '\n';
  for (const auto& row : table.rows) {
    SIM_CHECK(row.size() == table.columns.size(), "{}: a row of {} cells under {} columns",
              table.name, row.size(), table.columns.size());
    for (std::size_t c = 0; c < row.size(); ++c) put(c, cell_text(row[c]));
    out += '\n';
  }
  return out;
}

std::string json_text(const nlohmann::ordered_json& document) {
  using Handler = nlohmann::ordered_json::error_handler_t;
  return document.dump(2, ' ', false, Handler::replace) + "\n";
}

}  // namespace sim::report
