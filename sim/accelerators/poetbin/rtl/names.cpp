#include "sim/accelerators/poetbin/rtl/names.h"

#include <fmt/format.h>

namespace sim::poetbin::rtl {
namespace {

std::string labelled(const workload::LutLevel& level, std::size_t lut) {
  const std::size_t count = level.label_names.size();
  if (count == 0) return fmt::format("{}_{}", level.name, lut);
  std::string name = level.name;
  for (std::size_t i = 0; i < count; ++i) {
    name += fmt::format("_{}_{}", level.label_names[i], level.labels[lut * count + i]);
  }
  return name;
}

}  // namespace

Names::Names(const workload::LutProgram& program) {
  for (std::size_t l = 0; l < program.levels.size(); ++l) {
    const std::string& name = program.levels[l].name;
    levels_.push_back(unique(name + "_bits", fmt::format("{}_level_{}_bits", name, l)));
  }
  for (std::size_t l = 0; l < program.levels.size(); ++l) {
    const workload::LutLevel& level = program.levels[l];
    std::vector<std::string>& names = luts_.emplace_back();
    names.reserve(level.luts);
    for (std::size_t i = 0; i < level.luts; ++i) {
      names.push_back(
          unique(labelled(level, i), fmt::format("{}_level_{}_lut_{}", level.name, l, i)));
    }
  }
}

std::string Names::unique(const std::string& name, const std::string& otherwise) {
  std::string chosen = name;
  for (int i = 0; !given_.insert(chosen).second; ++i) {
    chosen = i == 0 ? otherwise : fmt::format("{}_{}", otherwise, i);
  }
  return chosen;
}

}  // namespace sim::poetbin::rtl
