#include "sim/report/text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "sim/base/check.h"

namespace sim::report {
namespace {

using JsonHandler = nlohmann::ordered_json::error_handler_t;

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

/// A text that a spreadsheet would take for a formula gets a ' in front; so does one that has a '
/// before such a sign already, so that readers can take it off again.
std::string neutral(const std::string& text) {
  const std::size_t first = text.find_first_not_of('\'');
  const bool is_formula = first != std::string::npos &&
                          std::string_view("=+-@\t\r").find(text[first]) != std::string_view::npos;
  return is_formula && !is_number(text) ? "'" + text : text;
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
  const auto& text = std::get<std::string>(cell);
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

std::string csv(const core::Table& table) {
  std::string out;
  const auto put = [&out](std::size_t column, const std::string& text) {
    if (column > 0) out += ',';
    out += quoted(neutral(text));
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
  return document.dump(2, ' ', false, JsonHandler::replace) + "\n";
}

std::string ascii_json_text(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', true, JsonHandler::replace) + "\n";
}

}  // namespace sim::report
