#include "sim/accelerators/poetbin/conservation.h"

#include <gtest/gtest.h>

#include <functional>

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/accelerators/poetbin/run_engine.h"
#include "sim/base/error.h"
#include "tests/support/jobs.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

struct Case {
  Program program;
  RunRecord record;
};

Case run(Variant variant) {
  base::Rng rng(51);
  Config config;
  config.variant = variant;
  config.fabric = {
      .luts = 5, .banks = 4, .ports = 1, .contexts = 2, .load_bits = 8, .config_bits = 8};
  config.source.samples = 20;
  Case c;
  workload::LutTask task;
  task.program = sim::test::random_rinc(
      rng, {.inputs = 30, .classes = 4, .fan_in = 4, .trees = 10, .score_bits = 5});
  c.program = compile(task, config);
  const auto engine =
      make_run_engine(core::Engine::kSkip, c.program.timing, c.program.stream, nullptr);
  sim::test::cycles_of_job(*engine);
  c.record = engine->record();
  return c;
}

constexpr Variant kVariants[] = {Variant::kSpatial, Variant::kColumns, Variant::kFabric};

/// The check holds, and no longer after the change.
void expect_caught(Variant variant, const std::function<void(Case&)>& change) {
  Case c = run(variant);
  EXPECT_NO_THROW(check_conservation(c.program, c.record));
  change(c);
  EXPECT_THROW(check_conservation(c.program, c.record), base::SimulationError);
}

TEST(PoetbinConservation, EveryCycleOfEveryUnitHasOneCause) {
  for (const Variant variant : kVariants) {
    const std::size_t units = run(variant).record.units.size();
    for (std::size_t i = 0; i < units; ++i) {
      expect_caught(variant, [i](Case& c) { ++c.record.units[i].cycles.idle; });
      expect_caught(variant, [i](Case& c) { --c.record.units[i].cycles.output_waits; });
    }
  }
}

TEST(PoetbinConservation, EveryStageDoesItsStepsForEverySample) {
  for (const Variant variant : {Variant::kColumns, Variant::kFabric}) {
    const std::size_t units = run(variant).record.units.size();
    for (std::size_t i = 0; i < units; ++i) {
      expect_caught(variant, [i](Case& c) {
        --c.record.units[i].cycles.busy;
        ++c.record.units[i].cycles.idle;
      });
    }
  }
}

TEST(PoetbinConservation, SamplesThatComeInGoOut) {
  for (const Variant variant : kVariants) {
    expect_caught(variant, [](Case& c) { --c.record.samples.samples; });
  }
}

TEST(PoetbinConservation, ConflictsAreThoseOfTheSlots) {
  expect_caught(Variant::kFabric, [](Case& c) {
    for (StageRow& row : c.record.units) {
      if (row.unit != "gather") continue;
      ++row.cycles.bank_conflicts;
      --row.cycles.idle;
    }
  });
}

TEST(PoetbinConservation, EveryLutIsLookedUpOnce) {
  for (const Variant variant : {Variant::kColumns, Variant::kFabric}) {
    expect_caught(variant, [](Case& c) { c.program.groups[0].steps[0].outputs[0] = kHold; });
  }
}

}  // namespace
}  // namespace sim::poetbin::test
