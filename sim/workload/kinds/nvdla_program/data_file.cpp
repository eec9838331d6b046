#include "sim/workload/kinds/nvdla_program/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/printable.h"

namespace sim::workload::nvdla_program {
namespace {

using base::printable;
using nvdla::MemoryBytes;

constexpr std::size_t kMaxText = std::size_t{1} << 28;
constexpr std::uint64_t kMaxTexts = std::uint64_t{1} << 31;  // of one program
constexpr std::size_t kLeastRun = 64;  // bytes that a run takes at least: what it costs to hold it
constexpr std::uint64_t kMaxOffset = std::uint64_t{1} << 40;
constexpr std::uint64_t kMaxLineBytes = 4096;

/// Reads words of a line that stand apart by blanks.
class Words {
 public:
  explicit Words(std::string_view rest) : rest_(rest) {}

  /// Empty at the end.
  std::string_view next() {
    rest_ = trimmed(rest_);
    const std::size_t end = rest_.find_first_of(" \t,");
    const std::string_view word = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? "" : rest_.substr(end + 1);
    if (word.empty() && !rest_.empty()) return next();
    return word;
  }

 private:
  std::string_view rest_;
};

/// One data file, line by line.
class Reader {
 public:
  Reader(std::uint64_t address, std::string where) : address_(address), where_(std::move(where)) {}

  std::vector<MemoryBytes> of_payloads(std::string_view text) {
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
      line_ = number;
      read_payload(trimmed(line));
    });
    return std::move(runs_);
  }

  /// All lines of bytes, one after the other.
  std::vector<MemoryBytes> of_bytes(std::string_view text) {
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
      line_ = number;
      line = trimmed(line);
      if (!line.starts_with("0x")) return;
      const std::size_t before = runs_.empty() ? 0 : runs_[0].bytes.size();
      std::vector<std::uint8_t>& bytes = run_at(before);
      append(line, bytes);
    });
    return std::move(runs_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw base::WorkloadError(fmt::format("{}:{}: {}", where_, line_, message));
  }

  /// The run that goes on at this offset, or a new one.
  std::vector<std::uint8_t>& run_at(std::uint64_t offset) {
    const std::uint64_t address = address_ + offset;
    if (address < address_) fail("its address is beyond 64 bits");
    if (runs_.empty() || runs_.back().address + runs_.back().bytes.size() != address) {
      runs_.push_back({address, {}});
    }
    return runs_.back().bytes;
  }

  void append(std::string_view text, std::vector<std::uint8_t>& bytes) const {
    Words words(text);
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
      std::uint64_t value = 0;
      if (!read_number(word, 255, value)) {
        fail(fmt::format("'{}'; must be a byte, 0x00 to 0xff", printable(word, 40)));
      }
      bytes.push_back(static_cast<std::uint8_t>(value));
    }
  }

  /// What stands behind "KEY:" up to `end`, of "{offset:O, size:N, payload:b b b}".
  std::string_view value_of(std::string_view line, std::string_view key, char end) const {
    const std::size_t at = line.find(key);
    const std::size_t colon = line.find(':', at);
    const std::size_t stop = line.find(end, colon);
    if (at == std::string_view::npos || colon == std::string_view::npos ||
        stop == std::string_view::npos) {
      fail(fmt::format("'{}' is no {{offset:O, size:N, payload:BYTES}}", printable(line, 60)));
    }
    return trimmed(line.substr(colon + 1, stop - colon - 1));
  }

  std::uint64_t number_of(std::string_view line, std::string_view key, std::uint64_t max) const {
    std::uint64_t value = 0;
    const std::string_view text = value_of(line, key, ',');
    if (read_number(text, max, value)) return value;
    fail(fmt::format("{} '{}'; must be a number of 0 to {:#x}", key, printable(text, 40), max));
  }

  void read_payload(std::string_view line) {
    if (line.empty() || line.starts_with('#')) return;
    if (line.find_first_not_of("{} \t,") == std::string_view::npos) return;  // the outer braces
    const std::uint64_t offset = number_of(line, "offset", kMaxOffset);
    const std::uint64_t size = number_of(line, "size", kMaxLineBytes);
    std::vector<std::uint8_t>& bytes = run_at(offset);
    const std::size_t before = bytes.size();
    append(value_of(line, "payload", '}'), bytes);
    if (bytes.size() - before > size) {
      fail(fmt::format("{} bytes where size says {}", bytes.size() - before, size));
    }
    bytes.resize(before + size);
  }

  std::uint64_t address_;
  std::string where_;
  std::uint32_t line_ = 0;
  std::vector<MemoryBytes> runs_;
};

}  // namespace

DataFolder::DataFolder(const std::string& file) : program_(printable(file)) {
  std::error_code error;
  const auto parent = std::filesystem::path(file).parent_path();
  folder_ = std::filesystem::canonical(parent.empty() ? "." : parent, error).string();
  if (error) throw base::FileError(fmt::format("{}: its folder cannot be found", program_));
}

std::string DataFolder::path_of(const Statement& s) const {
  if (s.name.empty() || s.name == "." || s.name == ".." ||
      s.name.find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
    refuse(program_, s.line,
           fmt::format("file '{}'; must be a name, without a folder, of a file beside the program",
                       printable(s.name, 60)));
  }
  const auto path = std::filesystem::path(folder_) / s.name;
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (!error && real.parent_path() != folder_) {
    refuse(program_, s.line,
           fmt::format("file '{}' is a link that leads out of the program's folder",
                       printable(s.name, 60)));
  }
  return error ? path.string() : real.string();
}

std::vector<MemoryBytes> DataFolder::read(const Statement& s, Form form) {
  const std::string path = path_of(s);
  const std::string where = fmt::format("{}:{}: ", program_, s.line);
  try {
    const std::string text = base::read_text_file(path, kMaxText);
    text_ += text.size();
    if (text_ > kMaxTexts) {
      refuse(program_, s.line,
             fmt::format("data files of more than {} MiB are read", kMaxTexts >> 20));
    }
    Reader reader(s.address, where + printable(s.name, 60));
    auto runs = form == Form::kStatements ? reader.of_payloads(text) : reader.of_bytes(text);
    if (runs.empty()) refuse(program_, s.line, fmt::format("{}: no bytes", printable(s.name, 60)));
    for (const MemoryBytes& run : runs) take(std::max(run.bytes.size(), kLeastRun), s.line);
    return runs;
  } catch (const base::FileError& e) {
    throw base::FileError(where + e.what());
  }
}

void DataFolder::take(std::uint64_t bytes, std::uint32_t line) {
  if (bytes > kMaxBytes - taken_) {
    refuse(program_, line,
           fmt::format("the program sets more than {} MiB of memory", kMaxBytes >> 20));
  }
  taken_ += bytes;
}

}  // namespace sim::workload::nvdla_program
