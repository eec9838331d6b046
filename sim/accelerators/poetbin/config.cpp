#include "sim/accelerators/poetbin/config.h"

#include <algorithm>
#include <functional>

#include "sim/workload/lut_program.h"

namespace sim::poetbin {

namespace {

std::vector<std::uint32_t> read_levels(base::ConfigReader& in) {
  const auto given = in.integer_list({.name = "registers_after",
                                      .unit = "levels",
                                      .min = 1,
                                      .max = workload::kMaxLevels - 1,
                                      .meaning = "LUT levels that registers follow, counted from "
                                                 "1, ascending, the last level not among them; "
                                                 "instead of pipe_mask, which ends at level 63"});
  if (std::ranges::adjacent_find(given, std::greater_equal()) != given.end()) {
    in.fail("registers_after", "must ascend, each level once");
  }
  return {given.begin(), given.end()};
}

void read_registers(base::ConfigReader& in, SpatialConfig& c) {
  c.registers_after = read_levels(in);
  if (in.applies("pipe_mask", c.registers_after.empty(), "registers_after is not given")) {
    c.pipe_mask =
        in.integer({.name = "pipe_mask",
                    .unit = "bit mask",
                    .fallback = 0,
                    .meaning = "bit b set: registers after LUT level b, counted from 1; bit 0 and "
                               "bits from the last level on must be 0"});
  }
}

}  // namespace

std::vector<std::uint32_t> SpatialConfig::register_levels() const {
  if (pipe_mask == 0) return registers_after;
  std::vector<std::uint32_t> levels;
  for (std::uint32_t b = 0; b < 64; ++b) {
    if ((pipe_mask >> b & 1) != 0) levels.push_back(b);
  }
  return levels;
}

SpatialConfig SpatialConfig::from(base::ConfigReader& in) {
  SpatialConfig c{};
  read_registers(in, c);
  c.load = in.choice<Load>("load", {{"parallel", Load::kParallel}, {"serial", Load::kSerial}},
                           Load::kParallel,
                           "parallel: all features in one clock; serial: through a shift register");
  if (in.applies("serial_bits", c.load == Load::kSerial, "load is serial")) {
    c.serial_bits = in.integer32({.name = "serial_bits",
                                  .unit = "bits/cycle",
                                  .min = 1,
                                  .max = 65536,
                                  .fallback = 1,
                                  .meaning = "w: feature bits that a clock shifts in"});
  }
  if (in.applies("serial_entry", c.load == Load::kSerial, "load is serial")) {
    c.serial_entry = in.choice<SerialEntry>(
        "serial_entry", {{"top", SerialEntry::kTop}, {"bottom", SerialEntry::kBottom}},
        SerialEntry::kTop,
        "where a word enters the shift register: top: above the highest feature, lowest features "
        "first; bottom: at feature 0, highest features first, as in the authors' wrapper");
  }
  if (in.applies("glitches", c.load == Load::kParallel, "load is parallel")) {
    c.glitches =
        in.flag("glitches", false,
                "with values: simulate each transition with a drawn delay a net, and price "
                "the changes counted so; some thousand times slower than without");
  }
  if (in.applies("delay_spread_percent", c.glitches, "glitches is true")) {
    c.delays.spread =
        in.number({.name = "delay_spread_percent",
                   .unit = "%",
                   .max = 99,
                   .fallback = 25,
                   .meaning = "delays are drawn evenly from the nominal one less this "
                              "share to as much more"}) /
        100;
  }
  if (in.applies("delay_seed", c.glitches, "glitches is true")) {
    c.delays.seed = in.integer(
        {.name = "delay_seed", .fallback = 1, .meaning = "of the delays that are drawn"});
  }
  return c;
}

ColumnsConfig ColumnsConfig::from(base::ConfigReader& in) {
  return {.columns = in.integer32({.name = "columns",
                                   .unit = "columns",
                                   .max = 4096,
                                   .fallback = 0,
                                   .meaning = "K: neurons a clock; at most the classes, since the "
                                              "neurons of a class stay in one column; 0: a column "
                                              "for each class"})};
}

FabricConfig FabricConfig::from(base::ConfigReader& in) {
  FabricConfig c{};
  c.luts = in.integer32({.name = "luts",
                         .unit = "LUTs",
                         .min = 1,
                         .max = 65536,
                         .fallback = 256,
                         .meaning = "W: physical LUTs, as wide as the program's widest"});
  c.banks = in.integer32({.name = "banks",
                          .unit = "banks",
                          .max = 65536,
                          .fallback = 0,
                          .meaning = "banks of the bit file, bit a in bank a mod banks; 0: a full "
                                     "crossbar, every pin reads any bit"});
  if (in.applies("ports", c.banks > 0, "banks is not 0")) {
    c.ports = in.integer32({.name = "ports",
                            .unit = "reads/cycle",
                            .min = 1,
                            .max = 64,
                            .fallback = 1,
                            .meaning = "different bits that a bank gives in a clock"});
  }
  c.contexts = in.integer32({.name = "contexts",
                             .unit = "samples",
                             .min = 1,
                             .max = 64,
                             .fallback = 2,
                             .meaning = "samples interleaved, each with a bit file of its own"});
  c.load_bits = in.integer32({.name = "load_bits",
                              .unit = "bits/cycle",
                              .min = 1,
                              .max = 65536,
                              .fallback = 32,
                              .meaning = "width of the feature port"});
  c.config_bits = in.integer32({.name = "config_bits",
                                .unit = "bits/cycle",
                                .min = 1,
                                .max = 65536,
                                .fallback = 32,
                                .meaning = "width of the configuration port"});
  c.configured_routes = in.choice<ConfiguredRoutes>(
      "configured_routes",
      {{"input_levels", ConfiguredRoutes::kInputLevels},
       {"all_levels", ConfiguredRoutes::kAllLevels}},
      ConfiguredRoutes::kInputLevels,
      "routes that the configuration port loads: of levels that read features, the others being "
      "regular and wired; or of all levels");
  c.slot_order = in.choice<SlotOrder>(
      "slot_order",
      {{"natural", SlotOrder::kNatural}, {"conflict_aware", SlotOrder::kConflictAware}},
      SlotOrder::kNatural, "how the LUTs of a level are put into slots, off-line");
  return c;
}

SourceConfig SourceConfig::from(base::ConfigReader& in) {
  return {
      .samples = in.integer32({.name = "samples",
                               .unit = "samples",
                               .max = 1'000'000'000,
                               .fallback = 0,
                               .meaning = "samples to classify, the workload's vectors in order "
                                          "and again; 0: each vector once"}),
      .gap_cycles = in.integer32({.name = "gap_cycles",
                                  .unit = "cycles",
                                  .max = 1'000'000,
                                  .fallback = 0,
                                  .meaning = "cycles without an offer after each sample"})};
}

SinkConfig SinkConfig::from(base::ConfigReader& in) {
  return {.ready_cycles = in.integer32({.name = "ready_cycles",
                                        .unit = "cycles",
                                        .min = 1,
                                        .max = 1'000'000,
                                        .fallback = 1,
                                        .meaning = "cycles of a period in which scores are taken, "
                                                   "from cycle 0 on"}),
          .blocked_cycles = in.integer32({.name = "blocked_cycles",
                                          .unit = "cycles",
                                          .max = 1'000'000,
                                          .fallback = 0,
                                          .meaning = "cycles of the period that follow, in which "
                                                     "they are not; 0: always taken"})};
}

Config Config::from(base::ConfigReader& in) {
  Config c{};
  c.variant = in.choice<Variant>("variant",
                                 {{"spatial", Variant::kSpatial},
                                  {"columns", Variant::kColumns},
                                  {"fabric", Variant::kFabric}},
                                 Variant::kSpatial,
                                 "spatial: every LUT exists, as published; columns: a neuron a "
                                 "clock and column; fabric: physical LUTs take slots of a level");
  c.simplify =
      in.flag("simplify", false,
              "remove logic without effect first: constants, buffers, duplicates, pins and "
              "LUTs that reach no score; columns may refuse what is then no RINC-2");
  c.argmax = in.flag("argmax", false,
                     "the class of the highest score, the lowest of equal ones, in a register of "
                     "its own after the scores");
  if (in.applies("spatial", c.variant == Variant::kSpatial, "variant is spatial")) {
    c.spatial = in.read_section<SpatialConfig>("spatial", "the whole program in LUTs");
  }
  if (in.applies("columns", c.variant == Variant::kColumns, "variant is columns")) {
    c.columns = in.read_section<ColumnsConfig>("columns", "neuron-serial columns");
  }
  if (in.applies("fabric", c.variant == Variant::kFabric, "variant is fabric")) {
    c.fabric = in.read_section<FabricConfig>("fabric", "the programmable fabric");
  }
  c.source = in.read_section<SourceConfig>("source", "what offers samples");
  c.sink = in.read_section<SinkConfig>("sink", "what takes scores");
  return c;
}

std::vector<std::string> Config::idle_keys(bool has_values) const {
  std::vector<std::string> idle;
  const auto add = [&idle](bool is_idle, const char* text) {
    if (is_idle) idle.emplace_back(text);
  };
  const bool glitches = variant == Variant::kSpatial && spatial.glitches;
  add(glitches && !has_values, "spatial.glitches has no effect without values: nothing changes");
  add(glitches && spatial.delays.spread == 0 && spatial.delays.seed != 1,
      "spatial.delay_seed has no effect with spatial.delay_spread_percent 0: nothing is drawn");
  add(variant == Variant::kFabric && fabric.banks == 0 &&
          fabric.slot_order == SlotOrder::kConflictAware,
      "fabric.slot_order has no effect with fabric.banks 0: a crossbar has no conflicts");
  add(sink.blocked_cycles == 0 && sink.ready_cycles != 1,
      "sink.ready_cycles has no effect with sink.blocked_cycles 0: scores are always taken");
  return idle;
}

}  // namespace sim::poetbin
