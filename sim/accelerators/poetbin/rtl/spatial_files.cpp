#include <fmt/format.h>

#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/accelerators/poetbin/rtl/files.h"
#include "sim/accelerators/poetbin/rtl/fixed_modules.h"
#include "sim/accelerators/poetbin/rtl/port_map.h"
#include "sim/accelerators/poetbin/rtl/spatial_netlist.h"

namespace sim::poetbin::rtl {

std::vector<core::SourceFile> spatial_files(const Replay& replay) {
  const workload::LutProgram& program = replay.program.luts;
  const SpatialConfig& spatial = replay.config.spatial;
  const SpatialShape shape{
      .word_bits = spatial.load == Load::kSerial ? spatial.serial_bits : 0,
      .entry = spatial.serial_entry,
      .registers_after = spatial.register_levels(),
      .argmax = replay.config.argmax,
  };
  const BenchShape bench{.module = kSpatialModule,
                         .word_bits = shape.port_bits(program),
                         .entry = shape.entry,
                         .argmax = shape.argmax};
  std::vector<core::SourceFile> files;
  files.push_back({std::string(kSpatialModule) + ".sv", spatial_netlist(program, shape)});
  add_bench(files, replay, bench);
  for (auto& file : fixed_modules({"lut.sv", "feature_register.sv", "argmax.sv"})) {
    files.push_back(std::move(file));
  }
  files.push_back({"README.md", spatial_readme(program, shape)});
  return files;
}

}  // namespace sim::poetbin::rtl
