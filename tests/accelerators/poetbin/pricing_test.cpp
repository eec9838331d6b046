#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "sim/accelerators/poetbin/activities.h"
#include "sim/accelerators/poetbin/compiler.h"
#include "sim/base/rng.h"
#include "sim/energy/estimate.h"
#include "sim/workload/lut_size.h"
#include "tests/accelerators/poetbin/design_support.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using energy::Activity;
using workload::kConstantOne;
using workload::kConstantZero;
using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

class Silent final : public core::Progress {
 public:
  void update(std::string_view, std::uint64_t, std::uint64_t, std::uint64_t) override {}
};

const energy::EnergyTable& prices() {
  static const energy::EnergyTable table = [] {
    const std::string folder = std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/";
    return energy::EnergyTable::load({folder + "45nm.yaml", folder + "luts-45nm.yaml"}, {});
  }();
  return table;
}

Config config_of(Variant variant) {
  Config config;
  config.variant = variant;
  config.fabric = {.luts = 2, .banks = 0, .ports = 1, .contexts = 1, .load_bits = 8};
  return config;
}

std::vector<Activity> priced_changes(const workload::LutTask& task, const Config& config) {
  const Program program = compile(task, config);
  Silent progress;
  return activities(program, run_values(task, program, config, progress), config);
}

energy::Split price(const workload::LutTask& task, const Config& config) {
  const Program program = compile(task, config);
  RunRecord record;
  record.cycles = 1000;
  record.units.push_back({"sink", {}});
  return energy::estimate(priced_changes(task, config), static_parts(program, record, config),
                          prices(), 1000, 62.5)
      .total;
}

/// A bit that is 1 when an odd number of the pins are.
std::vector<std::uint64_t> parity_table(std::uint32_t fan_in) {
  std::vector<std::uint64_t> words(std::max(1u, 1u << fan_in >> 6));
  for (std::uint32_t a = 0; a < 1u << fan_in; ++a) {
    words[a / 64] |= std::uint64_t{std::popcount(a) % 2 != 0} << (a % 64);
  }
  return words;
}

/// Parities of eight pins: eight live, seven live, three live in odd places, and a constant.
LutProgram parities() {
  const Signal zero = kConstantZero, one = kConstantOne;
  LutProgram program;
  program.inputs = 8;
  program.classes = 1;
  program.score_bits = 4;
  LutLevel level{.name = "parities",
                 .fan_in = 8,
                 .luts = 4,
                 .sources = {0,    1,   2,    3,    4,    5,    6,   7,  //
                             one,  0,   1,    2,    3,    4,    5,   6,  //
                             zero, 0,   one,  zero, one,  zero, 1,   2,  //
                             zero, one, zero, one,  zero, one,  one, one},
                 .tables = {},
                 .label_names = {},
                 .labels = {}};
  for (int lut = 0; lut < 4; ++lut) {
    const auto table = parity_table(8);
    level.tables.insert(level.tables.end(), table.begin(), table.end());
  }
  program.levels.push_back(std::move(level));
  program.outputs = {8, 9, 10, 11};
  return program;
}

/// Vectors of which each differs from the one before in feature 0 only.
workload::LutTask flipping(const LutProgram& program, std::uint32_t vectors) {
  workload::LutTask task;
  task.program = program;
  task.vectors.stimulus = "feature 0 flips";
  task.vectors.inputs = workload::BitRows(vectors, program.inputs);
  for (std::uint32_t v = 1; v < vectors; v += 2) task.vectors.inputs.set(v, 0, true);
  return task;
}

/// Feature 0 is a pin of three LUTs, of 8, 7 and 3 live pins, which are 4, 2 and 1 LUT6; with
/// parity each of these LUT6, each output and so three bits of the score change with it. The
/// numbers are those of 45nm.yaml and luts-45nm.yaml.
TEST(PoetbinPricing, MixedLivePinsCostWhatTheyAreCountedAs) {
  const double of_eight = 0.008153 + 0.1129 + 0.001319 + 4 * 0.01337;
  const double of_seven = 0.004652 + 0.06452 + 0.0006661 + 2 * 0.01337;
  const double of_three = 0.001767 + 0.03474 + 0.002442;
  const double registers = (1 + 3) * 0.00631;
  const workload::LutTask task = flipping(parities(), 41);
  const energy::Split energy = price(task, config_of(Variant::kSpatial));
  EXPECT_NEAR(energy.dynamic_pj, 40 * (of_eight + of_seven + of_three + registers), 1e-9);
  const double cells = 256 + 128 + 8;
  const double flip_flops = 8 + 4;
  EXPECT_NEAR(energy.leakage_pj, 1000 * 16 * (cells * 2.06e-8 + flip_flops * 0.0000791), 1e-9);
  const std::string text = simulate("variant: spatial", workload_of(task));
  EXPECT_THAT(text, testing::HasSubstr(" live_pins=18 lut6=7 table_bits=1024 live_table_bits=392 "
                                       "output_toggles=120 pin_toggles=120 "));
  EXPECT_THAT(text, testing::HasSubstr(" changed_luts=120 lut6_toggles=280"));
}

/// The lanes' tables are memories: a pin is one address line, however wide the table.
TEST(PoetbinPricing, PinsOfLanesAreOneWireEach) {
  base::Rng rng(71);
  for (const Variant variant : {Variant::kColumns, Variant::kFabric}) {
    for (const std::uint32_t fan_in : {3u, 8u}) {
      const auto task = task_of(
          sim::test::random_rinc(rng, {.inputs = 20, .classes = 2, .fan_in = fan_in, .trees = 5}),
          30);
      const Config config = config_of(variant);
      const Program program = compile(task, config);
      Silent progress;
      const ValuePass values = run_values(task, program, config, progress);
      const double pins = static_cast<double>(activity_sums(values).pin_toggles);
      double wires = 0;
      for (const energy::Item& item :
           energy::estimate(activities(program, values, config), {}, prices(), 1, 62.5).items) {
        if (item.event == "lut_wire_toggle") wires += item.pj_total;
      }
      EXPECT_GT(pins, 0);
      EXPECT_NEAR(wires, pins * 0.03474, 1e-6 * wires);
    }
  }
}

/// A level whose LUTs get `more` pins that are constants, at any place; what the table says where
/// these would be otherwise is drawn.
LutLevel padded(base::Rng& rng, const LutLevel& level, std::uint32_t more) {
  LutLevel wide = level;
  wide.fan_in = level.fan_in + more;
  wide.sources.clear();
  wide.tables.clear();
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    std::vector<std::uint32_t> places(wide.fan_in);
    std::iota(places.begin(), places.end(), 0u);
    while (places.size() > level.fan_in) {
      places.erase(places.begin() + static_cast<std::ptrdiff_t>(rng.below(places.size())));
    }
    std::vector<Signal> pins(wide.fan_in);
    for (Signal& pin : pins) pin = rng.below(2) == 0 ? kConstantZero : kConstantOne;
    const std::vector<Signal> constants = pins;
    for (std::uint32_t k = 0; k < level.fan_in; ++k) pins[places[k]] = level.pins(lut)[k];
    std::vector<std::uint64_t> table(wide.table_words());
    for (std::uint32_t a = 0; a < 1u << wide.fan_in; ++a) {
      bool reached = true;
      std::uint32_t address = 0;
      for (std::uint32_t p = 0, k = 0; p < wide.fan_in; ++p) {
        const bool bit = (a >> p & 1) != 0;
        const bool own = k < level.fan_in && places[k] == p;
        if (own) address |= std::uint32_t{bit} << k++;
        if (!own) reached &= bit == (constants[p] == kConstantOne);
      }
      const bool value = reached ? level.output(lut, address) : rng.below(2) == 0;
      table[a / 64] |= std::uint64_t{value} << (a % 64);
    }
    wide.sources.insert(wide.sources.end(), pins.begin(), pins.end());
    wide.tables.insert(wide.tables.end(), table.begin(), table.end());
  }
  return wide;
}

TEST(PoetbinPricing, ConstantPinsChangeNoPrice) {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    base::Rng rng(seed, "padding");
    const LutProgram program = sim::test::random_luts(
        rng, {.inputs = 14, .levels = 3, .max_luts = 6, .max_fan_in = 9, .constants = 0.2});
    LutProgram wide = program;
    for (LutLevel& level : wide.levels) {
      level = padded(rng, level, static_cast<std::uint32_t>(1 + rng.below(3)));
    }
    Config config = config_of(Variant::kSpatial);
    config.spatial.glitches = seed % 3 == 0;
    config.spatial.delays.spread = 0.3;
    const workload::LutTask task = task_of(program, 70, seed);
    workload::LutTask wide_task = task;
    wide_task.program = wide;
    const energy::Split one = price(task, config);
    const energy::Split other = price(wide_task, config);
    ASSERT_NEAR(other.dynamic_pj, one.dynamic_pj, 1e-9 * one.dynamic_pj) << seed;
    ASSERT_NEAR(other.leakage_pj, one.leakage_pj, 1e-9 * one.leakage_pj) << seed;
    ASSERT_EQ(workload::lut6_live(wide), workload::lut6_live(program)) << seed;
  }
}

/// What is asked for before a run is what the run has priced, whatever the numbers of pins.
TEST(PoetbinPricing, EveryPriceIsAskedForBeforeTheRun) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    base::Rng rng(seed, "priced");
    const auto task = task_of(sim::test::random_luts(rng, 10), 20, seed);
    for (const Variant variant : {Variant::kSpatial, Variant::kFabric}) {
      const Config config = config_of(variant);
      const core::Priced asked = priced(compile(task, config), config, true);
      for (const Activity& a : priced_changes(task, config)) {
        const auto same = [&a](const Activity& b) {
          return b.event == a.event && b.width_bits == a.width_bits &&
                 b.memory.has_value() == a.memory.has_value();
        };
        ASSERT_TRUE(std::ranges::any_of(asked.activities, same)) << a.event << a.width_bits;
      }
    }
  }
}

}  // namespace
}  // namespace sim::poetbin::test
