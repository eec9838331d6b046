#include "sim/accelerators/poetbin/results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "sim/accelerators/poetbin/activities.h"
#include "sim/accelerators/poetbin/conservation.h"
#include "sim/core/ratios.h"
#include "sim/core/unit_record.h"
#include "sim/workload/lut_simplify.h"
#include "sim/workload/lut_size.h"

namespace sim::poetbin {
namespace {

using core::Cell;
using core::Headline;
using core::Table;
using workload::LutLevel;

/// Sizes of a level.
struct LevelSizes {
  std::uint64_t live_pins = 0;
  std::uint64_t table_bits = 0;
  std::uint64_t live_table_bits = 0;
};

LevelSizes sizes_of(const LutLevel& level) {
  LevelSizes sizes{.table_bits = std::uint64_t{level.luts} << level.fan_in,
                   .live_table_bits = workload::live_table_bits(level)};
  for (std::size_t i = 0; i < level.luts; ++i) {
    sizes.live_pins += workload::live_pins(level, i);
  }
  return sizes;
}

LevelSizes sizes_of(const workload::LutProgram& program) {
  LevelSizes sum;
  for (const LutLevel& level : program.levels) {
    const LevelSizes s = sizes_of(level);
    sum.live_pins += s.live_pins;
    sum.table_bits += s.table_bits;
    sum.live_table_bits += s.live_table_bits;
  }
  return sum;
}

Table level_table(const Program& program, const ValuePass* values) {
  Table t{"levels", "one row a level of the program", {}, {}};
  t.columns = {
      {"level", "", "its name in the program"},
      {"fan_in", "inputs", "P: inputs of its LUTs"},
      {"luts", "LUTs", "LUTs of the level"},
      {"live_pins", "pins", "pins that are not constant"},
      {"lut6", "LUTs",
       "LUTs of 6 inputs that it takes: 2^(n - 6) for a LUT of n > 6 live pins, none for a "
       "constant"},
      {"table_bits", "bits", "luts * 2^fan_in"},
      {"live_table_bits", "bits",
       "the same without constant pins: 2^n for a LUT of n live pins, none for a constant; these "
       "leak in the spatial variant"},
      {"output_toggles", "toggles", "spatial: changes of LUT outputs, without glitches; else 0"},
      {"pin_toggles", "toggles", "spatial: changes of live pins; else 0"},
      {"delayed_output_toggles", "toggles",
       "the same with drawn delays, glitches included (spatial.glitches); as without when they are "
       "not simulated"},
      {"delayed_pin_toggles", "toggles", "the same of live pins"},
      {"changed_luts", "LUTs", "spatial: LUTs with a changed pin, all rows together; else 0"},
      {"lut6_toggles", "toggles", "spatial: changes of the LUT6 of which its LUTs consist; else 0"},
  };
  for (std::size_t l = 0; l < program.luts.levels.size(); ++l) {
    const LutLevel& level = program.luts.levels[l];
    const LevelSizes sizes = sizes_of(level);
    const values::LevelActivity a =
        values != nullptr ? level_activity(*values, l) : values::LevelActivity{};
    const values::LevelGlitches delayed =
        values != nullptr ? delayed_toggles(*values, l) : values::LevelGlitches{};
    t.rows.push_back({level.name, std::uint64_t{level.fan_in}, std::uint64_t{level.luts},
                      sizes.live_pins, workload::lut6_live(level), sizes.table_bits,
                      sizes.live_table_bits, a.output_toggles, a.pin_toggles,
                      delayed.output_toggles, delayed.pin_toggles, a.changed_luts, a.lut6_toggles});
  }
  return t;
}

Table sample_table(const Program& program, const RunRecord& record, const ValuePass* values) {
  Table t{
      "samples", fmt::format("one row for each of the first {} samples", SampleLog::kKept), {}, {}};
  t.columns = {{"sample", "", "its number in the run"},
               {"first_word_cycle", "cycle", "its first word was taken"},
               {"accepted_cycle", "cycle", "its last word was taken"},
               {"valid_cycle", "cycle", "its scores were offered for the first time"},
               {"delivered_cycle", "cycle", "its scores were taken"},
               {"latency_cycles", "cycles",
                "from its features in their register to its scores in "
                "theirs: valid_cycle - accepted_cycle - 1"},
               {"class", "", "highest score, lowest class of equal ones; empty without values"},
               {"scores", "", "score of each class; empty without values"}};
  const std::size_t classes = program.luts.classes;
  for (std::uint64_t i = 0; i < record.samples.kept.size(); ++i) {
    const SampleTimes& s = record.samples.kept[i];
    std::vector<Cell> row{i, s.first_word, s.accepted, s.valid, s.delivered, s.latency()};
    if (values != nullptr) {
      const std::span<const std::int32_t> scores(&values->scores[i * classes], classes);
      row.emplace_back(std::uint64_t{values->classes[i]});
      row.emplace_back(fmt::format("{}", fmt::join(scores, " ")));
    } else {
      row.emplace_back(std::string());
      row.emplace_back(std::string());
    }
    t.rows.push_back(std::move(row));
  }
  return t;
}

std::vector<Headline> timing_headlines(const Program& program, const RunRecord& record) {
  const SampleLog& log = record.samples;
  const std::uint64_t span = log.last_delivered - log.first_delivered;
  return {
      {{"cycles", "cycles",
        "clock cycles from the first offer of a feature word to the last scores "
        "taken"},
       record.cycles},
      {{"samples", "samples", "samples classified"}, log.samples},
      {{"cycles_per_sample", "cycles", "cycles / samples"},
       core::ratio(record.cycles, log.samples)},
      {{"samples_per_cycle", "samples/cycle", "throughput: samples / cycles"},
       core::ratio(log.samples, record.cycles)},
      {{"initiation_interval_cycles", "cycles",
        "mean distance between deliveries of scores; null for a single sample"},
       core::cell_if(log.samples > 1, core::ratio(span, log.samples - 1))},
      {{"latency_cycles", "cycles",
        "from a sample's features in their register to its scores in theirs, the shortest"},
       log.samples > 0 ? log.latency_min : 0},
      {{"mean_latency_cycles", "cycles", "the same, mean of all samples"},
       core::ratio(log.latency_sum, log.samples)},
      {{"max_latency_cycles", "cycles", "the same, the longest"}, log.latency_max},
      {{"configuration_cycles", "cycles",
        "fabric: tables and routes through the configuration port, once, not in cycles; else 0"},
       program.configuration_cycles},
  };
}

std::vector<Headline> size_headlines(const Program& program) {
  const LevelSizes sizes = sizes_of(program.luts);
  return {
      {{"program_luts", "LUTs", "LUTs of the program; each is evaluated once a sample"},
       program.luts.luts()},
      {{"program_lut6_raw", "LUTs", "LUTs of 6 inputs that they take: 2^(P - 6) for P > 6"},
       workload::lut6_raw(program.luts)},
      {{"program_lut6", "LUTs", "the same without pins that are constant"},
       workload::lut6_live(program.luts)},
      {{"program_lut6_simplified", "LUTs", "the same without logic that has no effect (simplify)"},
       workload::lut6_live(workload::simplify(program.luts))},
      {{"physical_luts", "LUTs",
        "LUTs that the machine has, of the program's fan-in: all of them, those of the columns, or "
        "those of the fabric"},
       program.physical_luts},
      {{"table_bits", "bits", "bits of the program's tables"}, sizes.table_bits},
      {{"live_table_bits", "bits", "the same without pins that are constant"},
       sizes.live_table_bits},
  };
}

std::vector<Headline> change_headlines(const ValuePass& v) {
  const ActivitySums sums = activity_sums(v);
  const auto per_sample = [&v](std::uint64_t toggles) {
    return core::cell_if(v.transitions > 0, core::ratio(toggles, v.transitions));
  };
  return {
      {{"transitions", "samples",
        "samples whose changes are counted: spatial: all but the first, since its registers hold "
        "nothing known before; columns and fabric: all, the first after the zeros of the reset"},
       v.transitions},
      {{"lut_output_toggles_per_sample", "toggles",
        "changes of the outputs of physical LUTs, without glitches / transitions; null without "
        "any"},
       per_sample(sums.output_toggles)},
      {{"lut_pin_toggles_per_sample", "toggles",
        "changes of the pins of physical LUTs / transitions; null without any"},
       per_sample(sums.pin_toggles)},
      {{"register_toggles_per_sample", "toggles",
        "changes of bits of the feature, pipeline, score and class registers, and of a bit file "
        "without banks / transitions; null without any"},
       per_sample(sums.register_toggles)},
  };
}

std::vector<Headline> value_headlines(const ValuePass& v) {
  std::vector<Headline> all{{{"compared_values", "values",
                              "scores and LUT outputs that were compared with the workload's and "
                              "found equal"},
                             v.compared_values}};
  if (v.right) {
    all.push_back({{"accuracy_percent", "%",
                    "samples whose class is the label; absent without "
                    "labels"},
                   core::percent(*v.right, v.samples)});
  }
  for (Headline& change : change_headlines(v)) all.push_back(std::move(change));
  return all;
}

/// None when no change was counted, of a single sample in space.
std::optional<core::RelativeEnergy> relative_energy(const ValuePass& v) {
  if (v.transitions == 0) return std::nullopt;
  return core::RelativeEnergy{
      {"dynamic_energy_lut6_toggles_per_sample", "toggles",
       "dynamic energy / transitions, in energies of one output toggle of a LUT of 6 inputs "
       "(lut_toggle); absent without values and without transitions"},
      "lut_toggle",
      6,
      v.transitions};
}

/// The lookups and changes of a group of lanes are counters of its unit.
std::vector<core::UnitRecord> units_of(const Program& program, const RunRecord& record,
                                       const ValuePass* values) {
  std::vector<core::UnitRecord> units = unit_records(record);
  for (std::size_t g = 0; values != nullptr && g < program.groups.size(); ++g) {
    const auto unit = std::ranges::find(units, program.groups[g].unit, &core::UnitRecord::unit);
    stats::append(unit->counters, values->lanes[g], lane_count_fields());
  }
  return units;
}

template <class T>
void append(std::vector<T>& all, std::vector<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

/// What is counted whatever the energy; with values scores and activity.
core::RunResult counted(const Program& program, const RunRecord& record, const ValuePass* values) {
  const std::vector<core::UnitRecord> units = units_of(program, record, values);
  core::RunResult result;
  result.cycles = record.cycles;
  result.headlines = timing_headlines(program, record);
  append(result.headlines, size_headlines(program));
  result.tables = {level_table(program, values), core::unit_table(units),
                   core::unit_stall_table(units), sample_table(program, record, values)};
  result.stats = core::tree_of(units);
  if (values != nullptr) {
    append(result.headlines, value_headlines(*values));
    result.relative_energy = relative_energy(*values);
  }
  return result;
}

}  // namespace

core::RunResult collect(const Program& program, const RunRecord& record, const ValuePass* values,
                        const Config& config) {
  check_conservation(program, record);
  core::RunResult result = counted(program, record, values);
  if (values != nullptr) {
    result.activities = activities(program, *values, config);
    result.notes.push_back(fmt::format("stimulus of activity and energy: {}", values->stimulus));
    if (values->transitions == 0) {
      result.notes.push_back(
          "one sample in space changes nothing that is known: no dynamic energy");
    }
  }
  result.static_parts = static_parts(program, record, config);
  result.notes.push_back("the feature extractor is not included");
  if (record.samples.samples > SampleLog::kKept) {
    result.notes.push_back(fmt::format("samples.csv holds the first {} samples", SampleLog::kKept));
  }
  return result;
}

core::RunResult describe_results() {
  RunRecord record;
  for (const char* unit : {"source", "pipeline", "read", "sequencer", "gather", "look_up", "mat1",
                           "mat2", "scores", "write_back", "sink"}) {
    record.units.push_back({unit, {}});
  }
  Program program;
  for (const char* unit : {"look_up", "mat1", "mat2", "scores"}) {
    program.groups.push_back({.unit = unit, .lanes = 0, .fan_in = 0, .routed = false, .steps = {}});
  }
  ValuePass values;
  values.transitions = 1;
  values.right = 0;
  values.lanes.resize(program.groups.size());
  return core::without_rows(counted(program, record, &values));
}

}  // namespace sim::poetbin
