#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/rng.h"
#include "sim/workload/kinds/luts/lut_vectors.h"
#include "sim/workload/load.h"
#include "sim/workload/lut_program.h"

namespace sim::workload::luts {
namespace {

using testing::HasSubstr;

const std::string kFolder = LOCKSTEP_SOURCE_DIR "/workloads/";
const std::string kStart = "kind: luts\nprogram: traces/tiny-luts.safetensors\n";

const LutTask& task_of(const Workload& workload) { return only_task<LutTask>(workload, "test"); }

LutTask load_task(const std::string& keys) {
  base::ConfigReader reader = base::ConfigReader::text(kStart + keys, kFolder + "w.yaml");
  return task_of(load(reader));
}

std::string refusal(const std::string& keys) {
  try {
    load_task(keys);
  } catch (const base::UserError& e) {
    return std::string(e.what()).substr(kFolder.size());
  }
  return "no error";
}

TEST(LutWorkload, AllVectorsByDefault) {
  const LutTask task = load_task("");
  EXPECT_EQ(task.program.name, "tiny");
  EXPECT_EQ(task.vectors.inputs.rows, 70u);
  EXPECT_EQ(task.vectors.scores.size(), 210u);
  EXPECT_EQ(task.vectors.levels.at(3).rows, 50u);
  EXPECT_THAT(task.vectors.stimulus, HasSubstr("random bits"));
}

TEST(LutWorkload, SamplesAreChosenWithAllThatIsKnownOfThem) {
  const LutTask all = load_task("");
  const LutTask some = load_task("samples: {first: 45, count: 10}");
  EXPECT_EQ(some.vectors.inputs.rows, 10u);
  ASSERT_EQ(some.vectors.levels.size(), 4u);
  EXPECT_EQ(some.vectors.levels[0].rows, 5u);
  for (std::size_t r = 0; r < 10; ++r) {
    EXPECT_EQ(some.vectors.labels[r], all.vectors.labels[45 + r]);
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(some.vectors.scores[r * 3 + c], all.vectors.scores[(45 + r) * 3 + c]);
    }
    for (std::size_t i = 0; i < 21; ++i) {
      EXPECT_EQ(some.vectors.inputs.get(r, i), all.vectors.inputs.get(45 + r, i));
    }
    for (std::size_t i = 0; r < 5 && i < 48; ++i) {
      EXPECT_EQ(some.vectors.levels[0].get(r, i), all.vectors.levels[0].get(45 + r, i));
    }
  }
  for (const auto& level : load_task("samples: {first: 50}").vectors.levels) {
    EXPECT_EQ(level.rows, 0u);
  }
}

TEST(LutWorkload, SamplesThatAreNotThereAreRefused) {
  EXPECT_EQ(refusal("samples: {first: 70}"),
            "w.yaml:3: samples.first: number 70 is not among the program's vectors, 0 to 69");
  EXPECT_EQ(refusal("samples: {first: 65, count: 6}"),
            "w.yaml:3: samples.count: number 70 is not among the program's vectors, 0 to 69");
  EXPECT_EQ(refusal("stimulus: random\nsamples: {first: 1}"),
            "w.yaml:4: samples.first: is read only when stimulus is vectors; remove it");
}

TEST(LutWorkload, DrawnInputsHaveTheShareOfOnesAndNoReference) {
  const LutTask task = load_task("stimulus: random\nones_percent: 20\nsamples: {count: 3000}");
  EXPECT_EQ(task.vectors.stimulus, "random bits, 20 % ones, seed 1");
  EXPECT_TRUE(task.vectors.scores.empty());
  std::uint32_t ones = 0;
  for (std::size_t r = 0; r < 3000; ++r) {
    for (std::size_t i = 0; i < 21; ++i) ones += task.vectors.inputs.get(r, i);
  }
  EXPECT_NEAR(ones / 63000.0, 0.2, 0.01);
  EXPECT_EQ(load_task("stimulus: random").vectors.inputs.rows, 1000u);
}

TEST(LutWorkload, SeedDecidesWhatIsDrawn) {
  const auto words = [](std::uint32_t count, std::uint64_t seed) {
    return random_vectors(21, count, 50, seed).inputs.words;
  };
  EXPECT_EQ(words(5, 1), words(5, 1));
  EXPECT_NE(words(5, 1), words(5, 2));
  const auto more = words(9, 1);
  EXPECT_EQ(words(5, 1), std::vector(more.begin(), more.begin() + 5));
}

TEST(LutWorkload, EachBitIsOneUniformNumberComparedWithTheShare) {
  for (const double percent : {0.0, 1e-300, 1e-13, 7.3, 50.0, 99.99999999999999, 100.0}) {
    const BitRows drawn = random_vectors(131, 40, percent, 3).inputs;
    base::Rng rng(3, "lut inputs");
    for (std::size_t r = 0; r < 40; ++r) {
      for (std::size_t i = 0; i < 131; ++i) {
        ASSERT_EQ(drawn.get(r, i), rng.uniform() * 100 < percent) << percent;
      }
    }
  }
}

TEST(LutWorkload, ChecksDrawNothing) {
  const std::string file = kFolder + "tiny-luts.yaml";
  base::ConfigReader reader =
      open_workload(file, {{"stimulus", "random"}, {"samples.count", "16777216"}});
  const Workload w = load(reader, {.draw = Draw::kMasks});
  const BitRows& inputs = task_of(w).vectors.inputs;
  EXPECT_EQ(inputs.rows, 1u << 24);
  EXPECT_TRUE(inputs.words.empty());
}

TEST(LutWorkload, SamplesAreToldBeforeTheyAreDrawn) {
  const std::string file = kFolder + "tiny-luts.yaml";
  base::ConfigReader reader = open_workload(file, {{"stimulus", "random"}});
  BitRows told;
  const Workload w = load(reader, {.before_drawing = [&](const Workload& plan) {
                            EXPECT_EQ(plan.name, "tiny-luts");
                            told = task_of(plan).vectors.inputs;
                          }});
  const BitRows& inputs = task_of(w).vectors.inputs;
  EXPECT_EQ(std::pair(told.rows, told.bits), std::pair(inputs.rows, inputs.bits));
  EXPECT_TRUE(told.words.empty());
  EXPECT_FALSE(inputs.words.empty());
}

TEST(LutWorkload, SamplesBeyondTheLimitAreNotDrawn) {
  const std::string file = kFolder + "tiny-luts.yaml";
  base::ConfigReader reader =
      open_workload(file, {{"stimulus", "random"}, {"samples.count", "16777216"}});
  try {
    load(reader, {.memory = base::MemoryLimit::given("100M")});
    FAIL();
  } catch (const base::MemoryError& e) {
    EXPECT_THAT(e.what(), HasSubstr("(128.0 MiB) for 16777216 samples of 21 bits; the limit is"));
  }
}

TEST(LutWorkload, SeedOptionIsForDrawnInputsOnly) {
  const std::string file = kFolder + "tiny-luts.yaml";
  EXPECT_THROW(open_workload(file, {}, 7), base::WorkloadError);
  base::ConfigReader reader = open_workload(file, {{"stimulus", "random"}}, 7);
  EXPECT_THAT(task_of(load(reader)).vectors.stimulus, HasSubstr("seed 7"));
}

TEST(LutWorkload, KeysOfOtherKindsAreRefused) {
  EXPECT_THAT(refusal("trace: x"), HasSubstr("trace: is read only when kind is trace"));
  EXPECT_THAT(refusal("sentences: {count: 1}"),
              HasSubstr("is read only when kind is trace or transformer"));
  EXPECT_THAT(refusal("ones_percent: 20"), HasSubstr("stimulus is random"));
  EXPECT_THAT(refusal("seed: 1"), HasSubstr("transformer, or luts with stimulus random"));
  EXPECT_THAT(refusal("stimulus: random\nones_percent: 101"), HasSubstr("ones_percent"));
}

}  // namespace
}  // namespace sim::workload::luts
