#include "tests/cosim/poetbin/shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/accelerators/poetbin/rtl/fabric_image.h"
#include "sim/accelerators/poetbin/rtl/files.h"
#include "sim/accelerators/poetbin/rtl/names.h"
#include "sim/accelerators/poetbin/rtl/spatial_netlist.h"
#include "sim/base/error.h"
#include "sim/workload/load.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using workload::LutProgram;

constexpr std::uint32_t kVectors = 60;

/// A spatial machine: what its name in CMakeLists.txt stands for.
struct Spatial {
  std::string_view name;
  std::uint32_t levels = 0;       // of a random cascade; 0: one of the shape that PoET-BiN trains
  std::uint32_t serial_bits = 0;  // 0: parallel load
  std::uint32_t pipe_mask = 0;
  bool argmax = false;
  bool signed_scores = true;
  std::uint32_t registers_every = 0;  // so many levels, in place of the mask
  SerialEntry entry = SerialEntry::kTop;
};

constexpr Spatial kSpatial[] = {
    {"spatial_plain", 3, 0, 0b0, false, true},
    {"spatial_piped", 5, 0, 0b10110, false, false},
    {"spatial_serial", 4, 3, 0b0100, false, true},
    {"spatial_bitwise", 2, 1, 0b0, true, false},
    {"spatial_trained", 0, 0, 0b1110, true, true},
    {"spatial_deep", 256, 0, 0b0, true, true, 13},
    {"spatial_upward", 3, 5, 0b0010, true, true, 0, SerialEntry::kBottom},
    {"spatial_upward_bitwise", 2, 1, 0b0, false, false, 0, SerialEntry::kBottom},
};

LutProgram cascade(base::Rng& rng, const Spatial& s) {
  if (s.levels == 0) {
    return sim::test::random_rinc(
        rng, {.inputs = 70, .classes = 3, .fan_in = 4, .trees = 6, .score_bits = 5});
  }
  return sim::test::random_luts(rng, {.inputs = 20 + s.levels,
                                      .levels = s.levels,
                                      .max_luts = s.levels > 16 ? 3U : 14U,
                                      .max_fan_in = 8,
                                      .classes = 3,
                                      .score_bits = 4,
                                      .constants = 0.1,
                                      .signed_scores = s.signed_scores});
}

Shape spatial(const Spatial& s) {
  base::Rng rng(2020, s.name);
  Shape shape;
  shape.task.program = cascade(rng, s);
  const LutProgram& program = shape.task.program;
  shape.task.vectors.inputs = sim::test::random_bits(rng, kVectors, program.inputs);
  shape.config.argmax = s.argmax;
  shape.config.spatial = {.pipe_mask = s.pipe_mask,
                          .load = s.serial_bits > 0 ? Load::kSerial : Load::kParallel,
                          .serial_bits = std::max(1U, s.serial_bits),
                          .serial_entry = s.entry};
  for (std::uint32_t l = s.registers_every; s.registers_every > 0 && l < s.levels;
       l += s.registers_every) {
    shape.config.spatial.registers_after.push_back(l);
  }
  shape.config.source.gap_cycles = 1;
  shape.config.sink = {.ready_cycles = 3, .blocked_cycles = 2};
  shape.program = compile(shape.task, shape.config);
  return shape;
}

/// The published machine with a trained classifier of its size, and all of its vectors.
Shape digits() {
  Shape shape;
  const auto digits = workload::load(LOCKSTEP_SOURCE_DIR "/workloads/digits.yaml");
  shape.task = workload::only_task<workload::LutTask>(digits, "poetbin");
  shape.program = compile(shape.task, shape.config);
  return shape;
}

/// A fabric.
struct Fabric {
  std::string_view name;
  std::uint32_t levels;  // as above
  FabricConfig config;
  bool argmax;
};

constexpr Fabric kFabric[] = {
    {"fabric_crossbar",
     3,
     {.luts = 5, .banks = 0, .ports = 1, .contexts = 1, .load_bits = 8, .config_bits = 16},
     false},
    {"fabric_banked",
     4,
     {.luts = 6,
      .banks = 4,
      .ports = 1,
      .contexts = 2,
      .load_bits = 5,
      .config_bits = 7,
      .slot_order = SlotOrder::kConflictAware},
     false},
    {"fabric_ported",
     3,
     {.luts = 3, .banks = 3, .ports = 2, .contexts = 3, .load_bits = 23, .config_bits = 64},
     true},
    {"fabric_trained",
     0,
     {.luts = 16, .banks = 8, .ports = 1, .contexts = 4, .load_bits = 32, .config_bits = 32},
     true},
};

Shape fabric(const Fabric& f) {
  base::Rng rng(2021, f.name);
  Shape shape;
  shape.task.program = cascade(rng, {.name = f.name, .levels = f.levels, .signed_scores = true});
  shape.task.vectors.inputs = sim::test::random_bits(rng, kVectors, shape.task.program.inputs);
  shape.config.variant = Variant::kFabric;
  shape.config.argmax = f.argmax;
  shape.config.fabric = f.config;
  shape.config.source.gap_cycles = 2;
  shape.config.sink = {.ready_cycles = 5, .blocked_cycles = 3};
  shape.program = compile(shape.task, shape.config);
  return shape;
}

constexpr const char* kTop = R"(module cosim_top (
  input  logic clk_i,
  input  logic rst_ni,
{config_ports}
  input  logic in_valid_i,
  output logic in_ready_o,
  input  logic [{word}:0] in_bits_i,

  output logic out_valid_o,
  input  logic out_ready_i,
  output logic [{result}:0] result_o,
  output logic [{probe}:0] probe_o
);

  {module} dut (
    .clk_i, .rst_ni, .in_valid_i, .in_ready_o, .in_bits_i, .out_valid_o, .out_ready_i,
    {connections}
  );

  assign probe_o = {{{probed}}};

endmodule
)";

/// What of cosim_top depends on the variant.
struct Top {
  std::string config_ports;
  rtl::BenchShape bench;
  std::string connections;
  std::string probed;
  std::size_t probe_bits = 0;
};

Top spatial_top(const Shape& shape) {
  const LutProgram& luts = shape.program.luts;
  const rtl::Names names(luts);
  Top top;
  top.bench = {.module = rtl::kSpatialModule, .argmax = shape.config.argmax};
  top.connections = rtl::result_ports(luts, top.bench, "result_o");
  top.probed = "dut.scores_q";
  for (std::size_t l = luts.levels.size(); l-- > 0;) top.probed += ", dut." + names.level(l);
  top.probed += ", dut.features";
  top.probe_bits = luts.signals() + luts.outputs.size();
  return top;
}

Top fabric_top(const Shape& shape) {
  Top top;
  top.config_ports = fmt::format(
      "\n  input  logic config_valid_i,\n  output logic config_ready_o,\n  input  logic [{}:0] "
      "config_bits_i,\n  output logic configured_o,\n",
      shape.config.fabric.config_bits - 1);
  top.bench = {.module = rtl::fabric_module(shape.program, shape.config),
               .argmax = shape.config.argmax};
  top.connections = ".config_valid_i, .config_ready_o, .config_bits_i, .configured_o, .result_o";
  top.probed =
      "dut.pins, dut.outputs_q, dut.write_valid, dut.look_up_valid, dut.gather_last, "
      "dut.gather_valid, dut.cause";
  const std::size_t luts = shape.config.fabric.luts;
  top.probe_bits = 7 + luts + luts * shape.program.fabric->fan_in;
  return top;
}

}  // namespace

Shape make_shape(std::string_view name) {
  if (name == "spatial_digits") return digits();
  for (const Spatial& s : kSpatial) {
    if (s.name == name) return spatial(s);
  }
  for (const Fabric& f : kFabric) {
    if (f.name == name) return fabric(f);
  }
  throw base::UserError(fmt::format("there is no shape '{}'", name));
}

std::vector<core::SourceFile> files_of(const Shape& shape) {
  return rtl::source_files({shape.program, shape.task.vectors, shape.config});
}

std::string cosim_top(const Shape& shape) {
  const LutProgram& luts = shape.program.luts;
  const Top top = shape.config.variant == Variant::kFabric ? fabric_top(shape) : spatial_top(shape);
  const std::size_t result =
      shape.config.argmax ? rtl::class_number_bits(luts) + luts.score_bits : luts.outputs.size();
  using fmt::arg;
  return fmt::format(fmt::runtime(kTop), arg("config_ports", top.config_ports),
                     arg("word", rtl::port_bits(shape.program, shape.config) - 1),
                     arg("result", result - 1), arg("probe", top.probe_bits - 1),
                     arg("module", top.bench.module), arg("connections", top.connections),
                     arg("probed", top.probed));
}

}  // namespace sim::poetbin::test
