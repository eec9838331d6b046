#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/accelerators/poetbin/rtl/names.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin::rtl {

/// Which pipeline stage holds what. Stage 0 begins with the feature register; each register
/// between levels begins the next. Group 0 is the features, group l + 1 the outputs of level l.
class SignalStages {
 public:
  /// `registers_after`: levels, counted from 1, ascending.
  SignalStages(const workload::LutProgram& program, std::vector<std::uint32_t> registers_after,
               const Names& names);

  std::uint32_t stages() const { return stage_of_group(program_.levels.size()) + 1; }
  std::size_t groups() const { return program_.levels.size() + 1; }
  std::uint32_t stage_of_level(std::size_t level) const { return stage_of_group(level + 1); }
  /// Where a group is made, and the last stage that reads it.
  std::uint32_t stage_of_group(std::size_t group) const;
  std::uint32_t last_stage(std::size_t group) const { return last_[group]; }

  std::uint32_t width(std::size_t group) const;
  /// The vector that holds the group in a stage: "trees_bits", behind registers "trees_bits_s2_q".
  std::string vector(std::size_t group, std::uint32_t stage) const;
  /// A signal as read in a stage: "trees_bits[3]", "1'b0".
  std::string read(workload::Signal signal, std::uint32_t stage) const;

 private:
  std::size_t group_of(workload::Signal signal) const;
  void note(workload::Signal signal, std::uint32_t stage);

  const workload::LutProgram& program_;
  const Names& names_;
  std::vector<std::uint32_t> registers_after_;
  std::vector<workload::Signal> first_;  // signal of each group
  std::vector<std::uint32_t> last_;
};

}  // namespace sim::poetbin::rtl
