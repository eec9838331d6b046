#include <gtest/gtest.h>

#include <set>

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/accelerators/poetbin/run_engine.h"
#include "sim/base/math.h"
#include "tests/support/jobs.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

using sim::test::RincShape;
using workload::LutTask;

// Shapes of the published classifiers for MNIST, CIFAR-10 and SVHN.
constexpr RincShape kMnist{.inputs = 512, .classes = 10, .fan_in = 8, .trees = 32, .score_bits = 8};
constexpr RincShape kCifar{.inputs = 512, .classes = 10, .fan_in = 8, .trees = 40, .score_bits = 8};
constexpr RincShape kSvhn{.inputs = 512, .classes = 10, .fan_in = 6, .trees = 36, .score_bits = 8};

LutTask task_of(const RincShape& shape) {
  base::Rng rng(5);
  LutTask task;
  task.program = sim::test::random_rinc(rng, shape);
  return task;
}

Config config_of(Variant variant, std::uint32_t samples) {
  Config config;
  config.variant = variant;
  config.source.samples = samples;
  return config;
}

RunRecord run(const Program& program) {
  const auto engine = make_run_engine(core::Engine::kTick, program.timing, program.stream, nullptr);
  sim::test::cycles_of_job(*engine);
  return engine->record();
}

std::uint64_t interval(const RunRecord& record) {
  const SampleLog& log = record.samples;
  return (log.last_delivered - log.first_delivered) / (log.samples - 1);
}

std::uint64_t clocks(const LutTask& task, Config config) {
  return run(compile(task, config)).samples.latency_max;
}

std::uint64_t core_cycles(const RincShape& s, std::uint64_t luts) {
  const std::uint64_t neurons = std::uint64_t{s.classes} * s.fan_in;
  const std::uint64_t groups = base::ceil_div(s.trees, s.fan_in);
  const auto slots = [&](std::uint64_t n) { return base::ceil_div(n, luts); };
  return slots(neurons * s.trees) + slots(neurons * groups) + slots(neurons) +
         slots(std::uint64_t{s.classes} * s.score_bits);
}

TEST(PoetbinSpatial, LatencyIsOneClockAndOneForEachRegister) {
  const LutTask task = task_of(kSvhn);
  for (const std::uint32_t mask : {0u, 2u, 4u, 10u, 14u}) {
    for (const bool argmax : {false, true}) {
      Config config = config_of(Variant::kSpatial, 20);
      config.spatial.pipe_mask = mask;
      config.argmax = argmax;
      const RunRecord record = run(compile(task, config));
      EXPECT_EQ(record.samples.latency_min, 1u + std::popcount(mask) + (argmax ? 1 : 0));
      EXPECT_EQ(record.samples.latency_max, record.samples.latency_min);
      EXPECT_EQ(interval(record), 1u);
    }
  }
}

TEST(PoetbinSpatial, SerialLoadTakesAClockForEachWord) {
  const LutTask task = task_of(kSvhn);
  for (const std::uint32_t bits : {1u, 7u, 64u, 512u, 1000u}) {
    Config config = config_of(Variant::kSpatial, 9);
    config.spatial.load = Load::kSerial;
    config.spatial.serial_bits = bits;
    const RunRecord record = run(compile(task, config));
    EXPECT_EQ(interval(record), base::ceil_div(512, bits));
    EXPECT_EQ(record.samples.latency_max, 1u);
    // Shifts of all samples, one clock to the scores, one in which they are taken.
    EXPECT_EQ(record.cycles, 9 * base::ceil_div(512, bits) + 2);
  }
}

TEST(PoetbinSpatial, APipeMaskBeyondTheLevelsIsRefused) {
  Config config = config_of(Variant::kSpatial, 1);
  for (const std::uint32_t mask : {1u, 16u, 255u}) {
    config.spatial.pipe_mask = mask;
    EXPECT_THROW(compile(task_of(kSvhn), config), base::ConfigError) << mask;
  }
}

TEST(PoetbinColumns, IntervalAndLatencyAreThoseOfTheNeuronsOfAColumn) {
  for (const RincShape& shape : {kMnist, kCifar, kSvhn}) {
    const LutTask task = task_of(shape);
    for (const std::uint32_t columns : {1u, 2u, 5u, 10u}) {
      Config config = config_of(Variant::kColumns, 12);
      config.columns.columns = columns;
      const RunRecord record = run(compile(task, config));
      const std::uint64_t steps = base::ceil_div(shape.classes * shape.fan_in, columns);
      EXPECT_EQ(interval(record), steps);
      EXPECT_EQ(record.samples.latency_max, steps + 4);
      EXPECT_EQ(record.samples.latency_min, steps + 4);
    }
  }
}

TEST(PoetbinColumns, PhysicalLutsOfAColumnAreThoseOfANeuronAndAClass) {
  Config config = config_of(Variant::kColumns, 1);
  config.columns.columns = 1;
  EXPECT_EQ(compile(task_of(kMnist), config).physical_luts, 45u);
  EXPECT_EQ(compile(task_of(kCifar), config).physical_luts, 54u);
  EXPECT_EQ(compile(task_of(kSvhn), config).physical_luts, 51u);
}

TEST(PoetbinColumns, ClassesStayWholeWhenColumnsDoNotDivideThem) {
  Config config = config_of(Variant::kColumns, 12);
  config.columns.columns = 3;
  EXPECT_EQ(interval(run(compile(task_of(kMnist), config))), 4u * 8);
}

TEST(PoetbinColumns, MoreColumnsThanClassesAreRefused) {
  Config config = config_of(Variant::kColumns, 1);
  config.columns.columns = 11;
  EXPECT_THROW(compile(task_of(kMnist), config), base::ConfigError);
}

TEST(PoetbinColumns, EveryLutOfTheProgramIsEvaluatedOnceASample) {
  for (const RincShape& shape : {kMnist, kSvhn}) {
    for (const std::uint32_t columns : {1u, 3u, 10u}) {
      Config config = config_of(Variant::kColumns, 1);
      config.columns.columns = columns;
      const Program program = compile(task_of(shape), config);
      std::multiset<workload::Signal> done;
      for (const LaneGroup& group : program.groups) {
        for (const LaneStep& step : group.steps) {
          for (const workload::Signal s : step.outputs) {
            if (s != kHold) done.insert(s);
          }
        }
      }
      EXPECT_EQ(done.size(), program.luts.luts());
      EXPECT_EQ(std::set<workload::Signal>(done.begin(), done.end()).size(), done.size());
    }
  }
}

TEST(PoetbinColumns, AProgramOfAnotherFormIsRefused) {
  const Config config = config_of(Variant::kColumns, 1);
  LutTask three_levels = task_of(kSvhn);
  three_levels.program.levels.erase(three_levels.program.levels.begin());
  EXPECT_THROW(compile(three_levels, config), base::WorkloadError);

  LutTask shared_tree = task_of(kSvhn);
  auto& mats = shared_tree.program.levels[1].sources;
  mats[0] = mats[7];
  EXPECT_THROW(compile(shared_tree, config), base::WorkloadError);

  LutTask feature_into_mat = task_of(kSvhn);
  feature_into_mat.program.levels[1].sources[0] = 3;
  EXPECT_THROW(compile(feature_into_mat, config), base::WorkloadError);

  LutTask crossed_bits = task_of(kSvhn);
  auto& scores = crossed_bits.program.levels[3].sources;
  std::swap(scores[0], scores[1]);
  EXPECT_THROW(compile(crossed_bits, config), base::WorkloadError);
}

struct FabricRow {
  std::uint32_t luts;
  std::uint64_t mnist, cifar, svhn;  // published formula, worked out by hand
};

TEST(PoetbinFabric, CoreCyclesAreThoseOfTheTable) {
  const FabricRow rows[] = {{32, 96, 119, 85}, {64, 49, 61, 43}, {128, 25, 31, 22},
                            {256, 14, 17, 13}, {512, 8, 10, 8},  {1024, 6, 7, 6}};
  const RincShape shapes[] = {kMnist, kCifar, kSvhn};
  for (const FabricRow& row : rows) {
    const std::uint64_t expected[] = {row.mnist, row.cifar, row.svhn};
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_EQ(core_cycles(shapes[i], row.luts), expected[i]);
      Config config = config_of(Variant::kFabric, 1);
      config.fabric.luts = row.luts;
      config.fabric.contexts = 1;
      // One sample: the core, 3 bubbles at each of 3 barriers and 3 clocks of filling.
      EXPECT_EQ(clocks(task_of(shapes[i]), config), expected[i] + 4 * 3);
    }
  }
}

TEST(PoetbinFabric, InterleavedSamplesHideTheBarriers) {
  for (const RincShape& shape : {kMnist, kCifar, kSvhn}) {
    for (const std::uint32_t luts : {32u, 64u, 256u}) {
      Config config = config_of(Variant::kFabric, 300);
      config.fabric.luts = luts;
      config.fabric.contexts = 4;
      config.fabric.load_bits = 512;
      const auto kept = run(compile(task_of(shape), config)).samples.kept;
      EXPECT_EQ(kept[200].delivered - kept[100].delivered, 100 * core_cycles(shape, luts));
    }
  }
}

TEST(PoetbinFabric, ConfigurationTakesTablesAndFeatureRoutesThroughThePort) {
  const auto cycles = [](const RincShape& shape) {
    return compile(task_of(shape), config_of(Variant::kFabric, 1)).configuration_cycles;
  };
  Config config = config_of(Variant::kFabric, 1);
  config.fabric.config_bits = 32;
  const auto with = [&](const RincShape& shape) {
    return compile(task_of(shape), config).configuration_cycles;
  };
  EXPECT_EQ(with(kMnist), 30'080u);
  EXPECT_EQ(with(kCifar), 37'280u);
  EXPECT_EQ(with(kSvhn), 8'965u);
  EXPECT_EQ(cycles(kMnist), 30'080u * 32);
  config.fabric.configured_routes = ConfiguredRoutes::kAllLevels;
  EXPECT_GT(with(kMnist), 30'080u);
}

}  // namespace
}  // namespace sim::poetbin::test
