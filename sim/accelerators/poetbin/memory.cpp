#include "sim/accelerators/poetbin/memory.h"

#include <fmt/format.h>

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/values/memory.h"

namespace sim::poetbin {
namespace {

using base::product;
using workload::LutLevel;

constexpr std::uint64_t kPinBytes = 4;
constexpr std::uint64_t kNetBytes = 128;  // of a net with its events, when glitches are counted

/// The program as it is compiled, and before it is simplified; its LUTs on the lanes.
std::uint64_t placed(const LutLevel& level) {
  constexpr std::uint64_t kCopies = 2;
  const std::uint64_t pins = product({level.luts, std::uint64_t{level.fan_in} + 1, kPinBytes});
  const std::uint64_t tables = product({level.luts, level.table_words(), 8});
  return product({kCopies, pins + tables + 2 * level.labels.size()}) + product({2, pins});
}

/// A register behind each level may hold every signal.
std::uint64_t registers(const workload::LutTask& task) {
  constexpr std::uint64_t kBitBytes = 3 * kPinBytes;  // its number, and what it was
  return product({task.program.levels.size() + 1, task.program.signals(), kBitBytes});
}

/// Samples beyond the vectors are held as well.
std::uint64_t glitching(const workload::LutTask& task, const SourceConfig& source) {
  std::uint64_t pins = 0;
  for (const LutLevel& level : task.program.levels) pins += level.sources.size();
  const workload::BitRows& inputs = task.vectors.inputs;
  return product({kNetBytes, task.program.signals()}) + product({2, pins, kPinBytes}) +
         product({sample_count(task, source), inputs.words_per_row(), 8});
}

}  // namespace

base::MemoryNeed memory_need(const workload::LutTask& task, const Config& config,
                             const core::RunOptions& options) {
  base::MemoryNeed need;
  for (const LutLevel& level : task.program.levels) {
    need.add(fmt::format("level '{}': {} LUTs as they are placed", level.name, level.luts),
             placed(level));
  }
  need.add("registers between the levels", registers(task));
  if (options.values && task.vectors.inputs.rows > 0) {
    need.add(values::evaluation_need(task.program));
    if (config.spatial.glitches) need.add("glitches of every net", glitching(task, config.source));
  }
  if (options.timeline) need.add("the timeline", core::timeline_bytes());
  return need;
}

}  // namespace sim::poetbin
