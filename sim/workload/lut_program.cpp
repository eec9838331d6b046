#include "sim/workload/lut_program.h"

#include <fmt/format.h>

#include "sim/workload/memory.h"

namespace sim::workload {

std::uint64_t LutProgram::luts() const { return signals() - inputs; }

std::uint32_t LutProgram::signals() const {
  return static_cast<std::uint32_t>(first_signal(levels.size()));
}

Signal LutProgram::first_signal(std::size_t level) const {
  std::uint32_t signal = inputs;
  for (std::size_t l = 0; l < level; ++l) signal += levels[l].luts;
  return static_cast<Signal>(signal);
}

std::string LutProgram::shown(Signal signal) const {
  if (signal == kConstantZero) return "constant 0";
  if (signal == kConstantOne) return "constant 1";
  if (signal < static_cast<Signal>(inputs)) return fmt::format("input {}", signal);
  for (std::size_t l = 0; l < levels.size(); ++l) {
    if (signal < first_signal(l + 1)) {
      return fmt::format("LUT {} of level '{}'", signal - first_signal(l), levels[l].name);
    }
  }
  return fmt::format("signal {}", signal);
}

base::MemoryNeed LutTask::held() const {
  base::MemoryNeed need;
  for (const LutLevel& level : program.levels) {
    need.add(fmt::format("level '{}'", level.name),
             4 * level.sources.size() + 8 * level.tables.size() + 2 * level.labels.size());
  }
  std::uint64_t levels = 0;
  for (const BitRows& rows : vectors.levels) levels += rows_bytes(rows.rows, rows.bits);
  const BitRows& inputs = vectors.inputs;
  need.add(fmt::format("{} samples of {} bits", inputs.rows, inputs.bits),
           rows_bytes(inputs.rows, inputs.bits) + levels + 4 * vectors.scores.size());
  return need;
}

}  // namespace sim::workload
