#include "sim/accelerators/poetbin/activities.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/base/check.h"
#include "sim/base/math.h"
#include "sim/workload/lut_size.h"

namespace sim::poetbin {
namespace {

using energy::Activity;
using energy::MemoryShape;
using energy::StaticPart;

std::uint64_t bytes(std::uint64_t bits) {
  return std::max<std::uint64_t>(1, base::ceil_div(bits, 8));
}

/// The tables of a lane, one bit read at {step, address}.
MemoryShape tables_of(const LaneGroup& group) {
  return {.bank_bytes = bytes(std::uint64_t{group.steps.size()} << group.fan_in),
          .width_bits = 1,
          .banks = group.lanes};
}

/// The routes of a lane, one word a step: for each pin the number of a bit.
MemoryShape routes_of(const LaneGroup& group, const Program& program) {
  const std::uint64_t sources = program.fabric ? program.luts.signals() : program.luts.inputs;
  const auto width = static_cast<std::uint32_t>(
      std::max<std::uint64_t>(1, std::uint64_t{group.fan_in} * base::ceil_log2(sources)));
  return {.bank_bytes = bytes(group.steps.size() * std::uint64_t{width}),
          .width_bits = width,
          .banks = group.lanes};
}

MemoryShape bit_file(const Program& program, const FabricConfig& config) {
  const std::uint64_t bits = std::uint64_t{program.luts.signals()} * config.contexts;
  return {.bank_bytes = bytes(base::ceil_div(bits, config.banks)),
          .width_bits = 1,
          .banks = config.banks};
}

/// Live pins that some LUT of the level has, ascending; constants have none.
std::set<std::uint32_t> kinds_of_luts(const workload::LutLevel& level) {
  std::set<std::uint32_t> pins;
  for (std::size_t lut = 0; lut < level.luts; ++lut) pins.insert(workload::live_pins(level, lut));
  pins.erase(0);
  return pins;
}

class Activities {
 public:
  Activities(const Program& program, const ValuePass& values, const Config& config)
      : program_(program), values_(values), config_(config) {}

  std::vector<Activity> list() {
    if (values_.netlist) add_levels();
    for (std::size_t g = 0; g < program_.groups.size(); ++g) add_group(g);
    if (program_.fabric && config_.fabric.banks > 0) add_bit_file();
    for (const RegisterActivity& r : values_.registers) {
      add(energy::events(r.unit, "toggles", "register_toggle", r.toggles, 1));
    }
    return std::move(out_);
  }

 private:
  void add(Activity activity) { out_.push_back(std::move(activity)); }

  void add_levels() {
    for (std::size_t l = 0; l < program_.luts.levels.size(); ++l) {
      const workload::LutLevel& level = program_.luts.levels[l];
      const values::TogglesByPins inner = level_activity(values_, l).by_pins;
      const values::TogglesByPins toggles = delayed_toggles(values_, l).by_pins;
      for (const std::uint32_t pins : kinds_of_luts(level)) {
        add_luts(level.name, pins, toggles[pins], inner[pins].lut6);
      }
    }
  }

  /// LUTs of `pins` live pins.
  void add_luts(const std::string& unit, std::uint32_t pins, const values::LutToggles& toggles,
                std::uint64_t lut6_toggles) {
    const std::string how = values_.glitches ? "delayed_" : "";
    add(energy::events(unit, how + "pin_toggles", "lut_pin_toggle", toggles.pins, pins));
    add(energy::events(unit, how + "pin_toggles", "lut_wire_toggle", toggles.pins, pins));
    add(energy::events(unit, how + "output_toggles", "lut_toggle", toggles.outputs, pins));
    if (pins > 6) add(energy::events(unit, "lut6_toggles", "lut6_inner_toggle", lut6_toggles, 6));
  }

  void add_group(std::size_t index) {
    const LaneGroup& group = program_.groups[index];
    const LaneCounts& c = values_.lanes[index];
    add(energy::accesses(group.unit, "lut_evaluations", "sram_read", c.evaluations,
                         tables_of(group)));
    if (group.routed) {
      add(energy::accesses("routes", "lut_evaluations", "sram_read", c.evaluations,
                           routes_of(group, program_)));
      add(energy::events(group.unit, "lut_pin_toggles", "register_toggle", c.pin_toggles, 1));
    }
    add(energy::events(group.unit, "lut_pin_toggles", "lut_wire_toggle", c.pin_toggles, 1));
    add(energy::events(group.unit, "lut_output_toggles", "register_toggle", c.output_toggles, 1));
  }

  void add_bit_file() {
    std::uint64_t reads = 0;
    for (const Slot& slot : program_.fabric->slots) reads += slot.reads;
    const MemoryShape shape = bit_file(program_, config_.fabric);
    add(energy::accesses("bit_file", "reads", "sram_read",
                         base::checked_mul(reads, values_.samples), shape));
    add(energy::accesses("bit_file", "writes", "sram_write",
                         base::checked_mul(program_.luts.signals(), values_.samples), shape));
  }

  const Program& program_;
  const ValuePass& values_;
  const Config& config_;
  std::vector<Activity> out_;
};

/// Flip-flops of the lanes: the pins of routed LUTs and the looked-up bits.
std::uint64_t lane_bits(const Program& program) {
  std::uint64_t bits = 0;
  for (const LaneGroup& g : program.groups) {
    bits += g.lanes + (g.routed ? std::uint64_t{g.lanes} * g.fan_in : 0);
  }
  return bits;
}

std::uint64_t register_bits(const Program& program, const Config& config) {
  std::uint64_t bits = lane_bits(program) + (config.argmax ? class_bits(program.luts) : 0);
  for (const PipeRegister& r : program.registers) bits += r.signals.size();
  if (program.columns) {
    bits -= program.columns->scores.lanes;  // they look up straight into the score register
    bits += program.luts.inputs;
  }
  if (program.fabric && config.fabric.banks == 0) {
    bits += std::uint64_t{program.luts.signals()} * config.fabric.contexts;
  }
  return bits + program.luts.outputs.size();
}

/// Cycles in which the registers' enable lets them follow the clock.
std::uint64_t enabled_cycles(const Program& program, const RunRecord& record) {
  if (program.fabric) return record.cycles;
  return record.cycles - record.units.back().cycles.output_waits;
}

std::vector<StaticPart> parts(const Program& program, const Config& config, std::uint64_t clocked) {
  std::vector<StaticPart> all{{"registers", {}, register_bits(program, config), clocked}};
  if (config.variant == Variant::kSpatial) {
    for (const workload::LutLevel& level : program.luts.levels) {
      all.push_back({.unit = level.name,
                     .memory = {},
                     .configuration_bits = workload::live_table_bits(level)});
    }
  }
  for (const LaneGroup& group : program.groups) {
    all.push_back({group.unit, tables_of(group), 0, 0});
    if (group.routed) all.push_back({"routes", routes_of(group, program), 0, 0});
  }
  if (program.fabric && config.fabric.banks > 0) {
    all.push_back({"bit_file", bit_file(program, config.fabric), 0, 0});
  }
  return all;
}

}  // namespace

values::LevelActivity level_activity(const ValuePass& values, std::size_t level) {
  return values.netlist ? values.netlist->levels[level] : values::LevelActivity{};
}

values::LevelGlitches delayed_toggles(const ValuePass& values, std::size_t level) {
  if (values.glitches) return values.glitches->levels[level];
  const values::LevelActivity a = level_activity(values, level);
  return {.output_toggles = a.output_toggles, .pin_toggles = a.pin_toggles, .by_pins = a.by_pins};
}

ActivitySums activity_sums(const ValuePass& values) {
  ActivitySums sums;
  for (const LaneCounts& c : values.lanes) {
    sums.output_toggles += c.output_toggles;
    sums.pin_toggles += c.pin_toggles;
  }
  const std::size_t levels = values.netlist ? values.netlist->levels.size() : 0;
  for (std::size_t l = 0; l < levels; ++l) {
    const values::LevelActivity a = level_activity(values, l);
    sums.output_toggles += a.output_toggles;
    sums.pin_toggles += a.pin_toggles;
  }
  for (const RegisterActivity& r : values.registers) sums.register_toggles += r.toggles;
  return sums;
}

std::vector<Activity> activities(const Program& program, const ValuePass& values,
                                 const Config& config) {
  return Activities(program, values, config).list();
}

core::Priced priced(const Program& program, const Config& config, bool values) {
  core::Priced all{{}, parts(program, config, 0)};
  if (!values) return all;
  ValuePass nothing;
  if (config.variant == Variant::kSpatial) nothing.netlist.emplace();
  if (nothing.netlist) nothing.netlist->levels.resize(program.luts.levels.size());
  nothing.lanes.resize(program.groups.size());
  nothing.registers.push_back({"registers", 0, 0});
  all.activities = activities(program, nothing, config);
  all.activities.push_back({"machine", "", "lut_toggle", 0, 6, {}});
  return all;
}

std::vector<StaticPart> static_parts(const Program& program, const RunRecord& record,
                                     const Config& config) {
  return parts(program, config, enabled_cycles(program, record));
}

}  // namespace sim::poetbin
