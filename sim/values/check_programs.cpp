#include "sim/values/check_programs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/base/error.h"
#include "sim/values/nvdla/machine.h"

namespace sim::values {
namespace {

using nvdla::RegionCheck;
using workload::nvdla::Program;

constexpr std::uint64_t kMostWork = std::uint64_t{1} << 38;  // multiplications: a minute or so
constexpr std::size_t kShown = 8;                            // checks in an error

std::string shown(const RegionCheck& c) {
  const char* verdict = c.is_equal() ? "equal" : "different";
  const std::string region =
      fmt::format("line {}: {} bytes at {:#x}: {}", c.line, c.size, c.address, verdict);
  const std::string strength = fmt::format("{} distinct byte{} in the region", c.distinct_bytes,
                                           c.distinct_bytes == 1 ? "" : "s");
  if (c.is_crc) {
    return fmt::format("{}, the program states CRC-32 {:#010x}, computed is {:#010x} ({})", region,
                       c.expected, c.computed, strength);
  }
  return fmt::format("{}, {} bytes differ from the file's ({})", region, c.differing, strength);
}

/// Those that differ come first.
[[noreturn]] void fail(const Program& program, std::vector<RegionCheck> checks) {
  std::stable_partition(checks.begin(), checks.end(),
                        [](const RegionCheck& c) { return !c.is_equal(); });
  std::vector<std::string> lines;
  for (const RegionCheck& c : checks) {
    if (lines.size() < kShown) lines.push_back(shown(c));
  }
  const std::string more =
      checks.size() > kShown ? fmt::format("; and {} more checks", checks.size() - kShown) : "";
  const std::string notes =
      program.notes.empty() ? "" : fmt::format("; note: {}", fmt::join(program.notes, "; "));
  throw base::SimulationError(
      fmt::format("{}: {}{}{}", program.file, fmt::join(lines, "; "), more, notes));
}

std::vector<std::string> check_program(const Program& program) {
  nvdla::Machine machine(program);
  const std::vector<RegionCheck> checks = machine.run();
  if (!std::ranges::all_of(checks, &RegionCheck::is_equal)) fail(program, checks);
  std::vector<std::string> lines;
  lines.reserve(checks.size());
  for (const RegionCheck& c : checks) lines.push_back(shown(c));
  if (checks.empty()) lines.emplace_back("the program checks nothing");
  for (const std::string& note : program.notes) lines.push_back("note: " + note);
  if (machine.memory().unset_reads() > 0) {
    lines.push_back(fmt::format("note: {} bytes were read that nothing had set; they count as 0",
                                machine.memory().unset_reads()));
  }
  return lines;
}

void check_size(const workload::Workload& workload, const Program& program,
                const base::MemoryLimit& limit) {
  const std::uint64_t work = nvdla::machine_work(program);
  if (work > kMostWork) {
    throw base::WorkloadError(
        fmt::format("{}: its layers take as long as {} multiplications; at most {} are computed",
                    program.file, work, kMostWork));
  }
  base::MemoryNeed need = workload::held(workload);
  need.add(nvdla::machine_need(program));
  limit.check(need, workload.name);
}

}  // namespace

std::vector<std::string> check_programs(const workload::Workload& workload,
                                        const base::MemoryLimit& limit) {
  std::vector<std::string> lines;
  for (const workload::NamedTask& task : workload.tasks) {
    const auto* program = dynamic_cast<const Program*>(task.task.get());
    if (program == nullptr) continue;
    check_size(workload, *program, limit);
    for (std::string& line : check_program(*program)) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace sim::values
