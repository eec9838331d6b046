// trace_verdicts < FILES: reads files one after the other, each behind its length (u64, little
// endian), as traces or, by their schema, as LUT programs. For each it prints a line: "right", or
// what is wrong.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/error.h"
#include "sim/workload/lut_program_file.h"
#include "sim/workload/trace.h"

namespace {

using sim::workload::TensorFile;

bool next_file(std::vector<std::byte>& bytes) {
  std::uint64_t size = 0;
  if (std::fread(&size, sizeof size, 1, stdin) != 1) return false;
  bytes.resize(size);
  return std::fread(bytes.data(), 1, size, stdin) == size;
}

void read(std::vector<std::byte> bytes) {
  const auto file = std::make_shared<const TensorFile>(std::move(bytes), "file");
  const auto& metadata = file->content().metadata();
  const auto schema = metadata.find("schema");
  if (schema != metadata.end() && schema->second == "lockstep-luts-1") {
    sim::workload::read_lut_program(*file);
    file->origin();
  } else {
    sim::workload::read_trace(file);
  }
}

std::string verdict(std::vector<std::byte> bytes) {
  try {
    read(std::move(bytes));
  } catch (const sim::base::WorkloadError& e) {
    return e.what();
  }
  return "right";
}

}  // namespace

int main() {
  std::vector<std::byte> bytes;
  while (next_file(bytes)) std::puts(verdict(std::move(bytes)).c_str());
  return std::ferror(stdin) != 0 || std::fflush(stdout) != 0 ? 1 : 0;
}
