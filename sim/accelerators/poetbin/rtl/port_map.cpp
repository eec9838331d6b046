#include "sim/accelerators/poetbin/rtl/port_map.h"

#include <fmt/format.h>

#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/accelerators/poetbin/rtl/names.h"

namespace sim::poetbin::rtl {
namespace {

using workload::LutProgram;

constexpr const char* kHead = R"(# {0}: {1}

{2} features, {3} look-up tables in {4} levels, {5} scores of {6} bits ({7}).

| port | bits | meaning |
| --- | --- | --- |
| `clk_i`, `rst_ni` | 1 | clock; asynchronous reset, low: no register is valid |
)";

constexpr const char* kInputs =
    R"(| `in_valid_i`, `in_ready_o` | 1 | a word is taken at an edge with both |
| `in_bits_i` | {0} | feature f is bit f mod {0} of word f / {0} of its sample ({1} words a sample) |
)";

constexpr const char* kReplay = R"(
## Replay

    verilator --binary -j 2 --top-module tb lint.vlt {0} tb.sv stream_bench.sv
    obj_dir/Vtb

prints PASS with the number of samples, or the first differences and FAIL, with an exit code that is
not 0. `inputs.hex` holds the words of the input port, a line each; `expected.hex` a line for each
sample, {{class 1, class 0}} with class 0 in the lowest bits (with argmax: {{class, score}}), computed
by the reference arithmetic of the simulator. The bench also compares the cycle in which the last
result is taken with the simulator's.
)";

std::string levels_table(const LutProgram& program) {
  const Names names(program);
  std::string text =
      "\n| level | LUTs | inputs of each | outputs | first instance |\n"
      "| --- | --- | --- | --- | --- |\n";
  for (std::size_t l = 0; l < program.levels.size(); ++l) {
    const workload::LutLevel& level = program.levels[l];
    if (level.luts == 0) continue;
    text += fmt::format("| {} | {} | {} | `{}` | `{}` |\n", level.name, level.luts, level.fan_in,
                        names.level(l), names.lut(l, 0));
  }
  return text +
         "\nBit i of a level's vector is the output of its LUT i. Pin k of a LUT is bit k of "
         "its address, and bit a of\n`Init` its output at address a.\n";
}

std::string output_ports(const LutProgram& program, bool argmax) {
  std::string text =
      "| `out_valid_o`, `out_ready_i` | 1 | a result is taken at an edge with both |\n";
  if (!argmax) {
    return text +
           fmt::format("| `out_scores_o` | {0} | class c's score is bits [c * {1} +: {1}] |\n",
                       program.outputs.size(), program.score_bits);
  }
  return text + fmt::format(
                    "| `out_class_o` | {} | the class of the highest score, the lowest of "
                    "equal ones |\n| `out_score_o` | {} | its score |\n",
                    class_number_bits(program), program.score_bits);
}

std::string replay_section(const std::string& sources) {
  return fmt::format(fmt::runtime(kReplay), sources);
}

std::string readme_head(const LutProgram& program, const std::string& module) {
  return fmt::format(fmt::runtime(kHead), module, program.name, program.inputs, program.luts(),
                     program.levels.size(), program.classes, program.score_bits,
                     program.signed_scores ? "two's complement" : "unsigned");
}

std::string input_ports(const LutProgram& program, std::uint32_t word_bits) {
  return fmt::format(fmt::runtime(kInputs), word_bits,
                     (program.inputs + word_bits - 1) / word_bits);
}

constexpr const char* kFabric = R"(
`in_ready_o` is low until the program is configured and depends on registers only. `config.hex` is the
program, {0} words of {1} bits with the lowest bits first; `poetbin_fabric.sv` says what its rows hold. The
simulator's `configuration_cycles` count the {2} bits that the program needs; the image also has lanes
without work, the routes of all levels and where outputs go.

{3} slots of up to {4} LUTs; bit file of {5} bits a context (signal s at address s); {6} contexts.
)";

}  // namespace

std::string spatial_readme(const LutProgram& program, const SpatialShape& shape) {
  return readme_head(program, kSpatialModule) + input_ports(program, shape.port_bits(program)) +
         output_ports(program, shape.argmax) +
         "\n`in_ready_o` depends on `out_ready_i` of the same cycle: one enable holds all "
         "registers while a result waits.\n" +
         levels_table(program) +
         replay_section(fmt::format("{}.sv feature_register.sv lut.sv argmax.sv", kSpatialModule));
}

std::string fabric_readme(const Program& program, const Config& config, const BenchShape& bench) {
  const FabricProgram& fabric = *program.fabric;
  return readme_head(program.luts, "poetbin_fabric") +
         fmt::format(
             "| `config_valid_i`, `config_ready_o` | 1 | a word is taken at an edge with both "
             "|\n| `config_bits_i` | {} | the program |\n| `configured_o` | 1 | it is whole "
             "|\n",
             bench.config_bits) +
         input_ports(program.luts, bench.word_bits) +
         "| `out_valid_o`, `out_ready_i` | 1 | a result is taken at an edge with both |\n" +
         fmt::format("| `result_o` | {} | {} |\n",
                     config.argmax ? class_number_bits(program.luts) + program.luts.score_bits
                                   : program.luts.outputs.size(),
                     config.argmax ? "{class of the highest score, the lowest of equal ones; score}"
                                   : "class 0's score in the lowest bits") +
         fmt::format(fmt::runtime(kFabric), bench.config_words, bench.config_bits,
                     fabric.table_bits + fabric.route_bits, fabric.slots.size(), config.fabric.luts,
                     program.luts.signals(), config.fabric.contexts) +
         replay_section(
             "poetbin_fabric.sv fabric_config.sv fabric_sequencer.sv fabric_gather.sv "
             "argmax.sv config_bench.sv");
}

}  // namespace sim::poetbin::rtl
