#include "sim/workload/kinds/nvdla_program/config.h"

#include <array>

#include "sim/workload/shared_keys.h"

namespace sim::workload::nvdla_program {
namespace {

using nvdla::Configuration;

// nvdla/hw, spec/defs; nv_full: branch nvdlav1. Atom, weight block, weight group, the group of
// int16, element-wise stage.
constexpr std::array<Configuration, 7> kConfigurations = {
    {{"nv_small", 8, 8, 8, 0, false},
     {"nv_small_256", 8, 32, 8, 0, false},
     {"nv_small_256_full", 8, 32, 8, 0, true},
     {"nv_medium_512", 16, 32, 16, 0, false},
     {"nv_medium_1024_full", 32, 32, 32, 0, true},
     {"nv_large", 32, 64, 32, 0, true},
     {"nv_full", 32, 64, 32, 16, true}}};

}  // namespace

Config Config::from(base::ConfigReader& in) {
  Config c;
  c.program = read_program_path(in);
  std::vector<std::pair<std::string_view, std::size_t>> names;
  for (std::size_t i = 0; i < kConfigurations.size(); ++i) {
    names.emplace_back(kConfigurations[i].name, i);
  }
  c.configuration = kConfigurations[in.choice<std::size_t>(
      "configuration", names, std::nullopt, "of the hardware that the program was written for")];
  c.configuration.has_ew =
      in.flag("ew", false,
              "compute SDP's element-wise stage also where the configuration has none; false: such "
              "a stage is passed by, as in hardware") ||
      c.configuration.has_ew;
  return c;
}

}  // namespace sim::workload::nvdla_program
