#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/kinds/nvdla_program/statement.h"

namespace sim::workload::nvdla_program {

/// Data files of one program: those of its own folder, and together no more than kMaxBytes.
class DataFolder {
 public:
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 28;

  /// Of the program `file`.
  explicit DataFolder(const std::string& file);

  /// The bytes that the statement's file states, at offsets from its address: one run or more, in
  /// ascending order of lines. Throws FileError or WorkloadError "PROGRAM:LINE: FILE: …".
  std::vector<nvdla::MemoryBytes> read(const Statement& s, Form form);

  /// Takes `bytes` of what a program may set; refuses the statement when that is too much.
  void take(std::uint64_t bytes, std::uint32_t line);

 private:
  std::string path_of(const Statement& s) const;

  std::string program_;  // for messages
  std::string folder_;   // with links followed
  std::uint64_t taken_ = 0;
  std::uint64_t text_ = 0;  // bytes of text read
};

}  // namespace sim::workload::nvdla_program
