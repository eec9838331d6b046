#include <fmt/format.h>

#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/accelerators/poetbin/rtl/fabric_image.h"
#include "sim/accelerators/poetbin/rtl/files.h"
#include "sim/accelerators/poetbin/rtl/fixed_modules.h"
#include "sim/accelerators/poetbin/rtl/port_map.h"

namespace sim::poetbin::rtl {

std::vector<core::SourceFile> fabric_files(const Replay& replay) {
  const FabricImage image = fabric_image(replay.program, replay.config);
  const BenchShape bench{.module = fabric_module(replay.program, replay.config),
                         .word_bits = port_bits(replay.program, replay.config),
                         .argmax = replay.config.argmax,
                         .config_bits = image.word_bits,
                         .config_words = image.words.size()};
  std::vector<core::SourceFile> files;
  add_bench(files, replay, bench);
  files.push_back({"config.hex", hex_lines(image.words, image.word_bits)});
  for (auto& file : fixed_modules({"poetbin_fabric.sv", "fabric_config.sv", "fabric_sequencer.sv",
                                   "fabric_gather.sv", "argmax.sv", "config_bench.sv"})) {
    files.push_back(std::move(file));
  }
  files.push_back({"README.md", fabric_readme(replay.program, replay.config, bench)});
  return files;
}

}  // namespace sim::poetbin::rtl
