#include "sim/workload/kinds/nvdla_program/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/base/error.h"
#include "sim/base/printable.h"

namespace sim::workload::nvdla_program {
namespace {

constexpr std::size_t kMaxStatements = 1 << 20;

/// Of the first line that says something: a name and an opening bracket are a statement.
Form form_of(std::string_view text) {
  Form form = Form::kStatements;
  bool found = false;
  for_each_line(text, [&](std::string_view line, std::uint32_t) {
    line = trimmed(line);
    if (found || line.empty() || line.starts_with("//") || line.starts_with("#")) return;
    found = true;
    const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const std::string_view rest(std::ranges::find_if_not(line, is_name), line.end());
    if (!trimmed(rest).starts_with("(")) form = Form::kTransactions;
  });
  return form;
}

}  // namespace

void refuse(const std::string& file, std::uint32_t line, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}:{}: {}", file, line, message));
}

bool read_number(std::string_view text, std::uint64_t max, std::uint64_t& value) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  if (text.empty()) return false;
  const auto end = text.data() + text.size();
  const auto done = std::from_chars(text.data(), end, value, hex ? 16 : 10);
  return done.ec == std::errc() && done.ptr == end && value <= max;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

ProgramText read_program(std::string_view text, const std::string& file) {
  ProgramText program;
  program.form = form_of(text);
  const auto read = program.form == Form::kStatements ? read_statement : read_transaction;
  for_each_line(text, [&](std::string_view line, std::uint32_t number) {
    read(line, number, file, program.statements);
    if (program.statements.size() > kMaxStatements) {
      refuse(file, number, fmt::format("more than {} statements", kMaxStatements));
    }
  });
  if (program.statements.empty()) {
    throw base::WorkloadError(
        fmt::format("{}: no statement; reg_write(NVDLA_UNIT.REGISTER_0, VALUE); is one", file));
  }
  return program;
}

}  // namespace sim::workload::nvdla_program
