#include "sim/accelerators/poetbin/rtl/signal_stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sim::poetbin::rtl {

using workload::Signal;

SignalStages::SignalStages(const workload::LutProgram& program,
                           std::vector<std::uint32_t> registers_after, const Names& names)
    : program_(program), names_(names), registers_after_(std::move(registers_after)), first_{0} {
  for (std::size_t l = 0; l < program.levels.size(); ++l) first_.push_back(program.first_signal(l));
  for (std::size_t g = 0; g < groups(); ++g) last_.push_back(stage_of_group(g));
  for (std::size_t l = 0; l < program.levels.size(); ++l) {
    for (const Signal s : program.levels[l].sources) note(s, stage_of_level(l));
  }
  for (const Signal s : program.outputs) note(s, stages() - 1);
}

std::uint32_t SignalStages::stage_of_group(std::size_t group) const {
  // Group g, which is level g counted from 1, stands behind the registers after earlier levels.
  const auto behind = std::ranges::lower_bound(registers_after_, group);
  return static_cast<std::uint32_t>(behind - registers_after_.begin());
}

std::uint32_t SignalStages::width(std::size_t group) const {
  return group == 0 ? program_.inputs : program_.levels[group - 1].luts;
}

std::size_t SignalStages::group_of(Signal signal) const {
  return static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), signal) -
                                  first_.begin() - 1);
}

void SignalStages::note(Signal signal, std::uint32_t stage) {
  if (signal < 0) return;
  std::uint32_t& last = last_[group_of(signal)];
  last = std::max(last, stage);
}

std::string SignalStages::vector(std::size_t group, std::uint32_t stage) const {
  const std::string base = group == 0 ? "features" : names_.level(group - 1);
  return stage == stage_of_group(group) ? base : fmt::format("{}_s{}_q", base, stage);
}

std::string SignalStages::read(Signal signal, std::uint32_t stage) const {
  if (signal == workload::kConstantZero) return "1'b0";
  if (signal == workload::kConstantOne) return "1'b1";
  const std::size_t group = group_of(signal);
  return fmt::format("{}[{}]", vector(group, stage), signal - first_[group]);
}

}  // namespace sim::poetbin::rtl
