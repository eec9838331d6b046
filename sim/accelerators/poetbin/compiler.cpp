#include "sim/accelerators/poetbin/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/math.h"
#include "sim/workload/lut_simplify.h"

namespace sim::poetbin {
namespace {

using workload::LutProgram;
using workload::Signal;

/// Bits of a mask that stand for registers between levels; the mask ends before level 64.
std::uint64_t allowed_mask(std::size_t levels) {
  const std::uint64_t below = levels < 64 ? (std::uint64_t{1} << levels) - 1 : ~std::uint64_t{0};
  return below & ~std::uint64_t{1};
}

void check_registers(const LutProgram& luts, const SpatialConfig& c) {
  const std::size_t levels = luts.levels.size();
  const std::uint64_t allowed = allowed_mask(levels);
  if ((c.pipe_mask & ~allowed) != 0) {
    throw base::ConfigError(
        fmt::format("poetbin.spatial.pipe_mask: {} has bits beside {}, which stand for registers "
                    "between the {} levels of '{}'",
                    c.pipe_mask, allowed, levels, luts.name));
  }
  if (!c.registers_after.empty() && c.registers_after.back() >= levels) {
    throw base::ConfigError(fmt::format(
        "poetbin.spatial.registers_after: {} is not before the last of the {} levels of '{}'",
        c.registers_after.back(), levels, luts.name));
  }
}

/// The signals known after `level` levels that a later level or the scores read.
std::vector<Signal> passing(const LutProgram& luts, std::size_t level) {
  const Signal known = luts.first_signal(level);
  std::vector<bool> needed(static_cast<std::size_t>(known));
  const auto need = [&](Signal signal) {
    if (signal >= 0 && signal < known) needed[static_cast<std::size_t>(signal)] = true;
  };
  for (std::size_t l = level; l < luts.levels.size(); ++l) {
    for (const Signal signal : luts.levels[l].sources) need(signal);
  }
  for (const Signal signal : luts.outputs) need(signal);
  std::vector<Signal> signals;
  for (Signal s = 0; s < known; ++s) {
    if (needed[static_cast<std::size_t>(s)]) signals.push_back(s);
  }
  return signals;
}

std::vector<PipeRegister> registers(const LutProgram& luts,
                                    const std::vector<std::uint32_t>& after) {
  std::vector<PipeRegister> all(1);
  for (Signal s = 0; s < static_cast<Signal>(luts.inputs); ++s) all[0].signals.push_back(s);
  for (const std::uint32_t b : after) all.push_back({.after = b, .signals = passing(luts, b)});
  return all;
}

void place_spatial(Program& p, const Config& config) {
  const SpatialConfig& c = config.spatial;
  check_registers(p.luts, c);
  const auto after = c.register_levels();
  const std::uint32_t words =
      c.load == Load::kSerial
          ? static_cast<std::uint32_t>(base::ceil_div(p.luts.inputs, c.serial_bits))
          : 1;
  p.registers = registers(p.luts, after);
  p.timing =
      SpatialTiming{.load_words = words,
                    .registers = static_cast<std::uint32_t>(2 + after.size()) + config.argmax};
  p.physical_luts = p.luts.luts();
}

void place_columns(Program& p, const Config& config) {
  const std::uint32_t columns =
      config.columns.columns > 0 ? config.columns.columns : p.luts.classes;
  p.columns = columns_program(p.luts, columns);
  p.timing = p.columns->timing(config.argmax);
  p.groups = {p.columns->trees, p.columns->mat1, p.columns->mat2, p.columns->scores};
  p.physical_luts = std::uint64_t{p.columns->columns} * p.columns->luts_of_column();
}

void place_fabric(Program& p, const Config& config) {
  p.fabric = fabric_program(p.luts, config.fabric);
  p.timing = p.fabric->timing(config.fabric, p.luts.inputs, config.argmax);
  p.groups = {p.fabric->lanes(p.luts, config.fabric.luts)};
  p.physical_luts = config.fabric.luts;
  p.configuration_cycles = p.fabric->configuration_cycles(config.fabric);
}

}  // namespace

std::uint64_t sample_count(const workload::LutTask& task, const SourceConfig& source) {
  const std::uint64_t samples = source.samples > 0 ? source.samples : task.vectors.inputs.rows;
  if (samples == 0) {
    throw base::WorkloadError(
        "the workload has no vectors to run; set poetbin.source.samples for a run without values");
  }
  return samples;
}

std::uint32_t class_bits(const LutProgram& program) { return base::ceil_log2(program.classes); }

Program compile(const workload::LutTask& task, const Config& config) {
  Program p;
  p.luts = config.simplify ? workload::simplify(task.program) : task.program;
  if (p.luts.luts() == 0) {
    throw base::WorkloadError(fmt::format("program '{}' has no LUTs{}", p.luts.name,
                                          config.simplify ? " when simplified" : ""));
  }
  switch (config.variant) {
    case Variant::kSpatial:
      place_spatial(p, config);
      break;
    case Variant::kColumns:
      place_columns(p, config);
      break;
    case Variant::kFabric:
      place_fabric(p, config);
      break;
  }
  p.stream = {.samples = sample_count(task, config.source),
              .load_words = load_words(p.timing),
              .gap_cycles = config.source.gap_cycles,
              .sink = config.sink};
  return p;
}

}  // namespace sim::poetbin
