#pragma once

#include <set>
#include <string>
#include <vector>

#include "sim/workload/lut_program.h"

namespace sim::poetbin::rtl {

/// Names of a program's parts in a netlist, each given once.
class Names {
 public:
  explicit Names(const workload::LutProgram& program);

  /// The wire vector of a level's outputs: "trees_bits".
  const std::string& level(std::size_t level) const { return levels_[level]; }
  /// The instance of a LUT, from its level and labels: "trees_neuron_3_group_1_tree_7"; from its
  /// place when it has no labels, "trees_17", or shares them with another LUT.
  const std::string& lut(std::size_t level, std::size_t lut) const { return luts_[level][lut]; }

 private:
  std::string unique(const std::string& name, const std::string& otherwise);

  std::set<std::string> given_;
  std::vector<std::string> levels_;
  std::vector<std::vector<std::string>> luts_;
};

}  // namespace sim::poetbin::rtl
