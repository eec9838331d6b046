#include "sim/values/check_files.h"

#include <gtest/gtest.h>

#include <memory>

#include "sim/base/error.h"
#include "sim/workload/load.h"
#include "sim/workload/lut_program.h"
#include "sim/workload/network.h"

namespace sim::values {
namespace {

using workload::LutTask;
using workload::Workload;

Workload preset(const std::string& name) {
  return workload::load(std::string(LOCKSTEP_SOURCE_DIR) + "/workloads/" + name + ".yaml");
}

TEST(CheckFiles, ComparesEveryTaskThatIsQuickToCompute) {
  Workload workload = preset("tiny-luts");
  const auto once = check_files(workload, {});
  ASSERT_GT(once.value_or(0), 0u);
  workload.tasks.push_back(workload.tasks[0]);
  EXPECT_EQ(check_files(workload, {}), 2 * *once);
}

TEST(CheckFiles, ComputesNetworksOfEveryKindThatHaveValues) {
  EXPECT_GT(check_files(preset("tiny"), {}).value_or(0), 0u);
  EXPECT_EQ(check_files(preset("tiny-synthetic"), {}), std::nullopt);
}

/// It has no tensors: computing it would end the test.
TEST(CheckFiles, ATaskThatTakesLongIsLeftToARun) {
  auto task = std::make_shared<workload::NetworkTask>();
  task->model.kind = workload::NetworkKind::kEncoder;
  task->model.has_values = true;
  task->model.operators.push_back(
      {.name = "x",
       .shape = {.rows = workload::OutputShape::Rows::kSource, .features = 65536},
       .body = workload::Linear{{.outputs = 65536, .inputs = 65536}}});
  task->samples.push_back({.source_tokens = 17});
  Workload workload{"long", "", {{"", task}}};
  EXPECT_EQ(check_files(workload, {}), std::nullopt);
}

TEST(CheckFiles, AWrongValueOfAnyTaskIsReported) {
  Workload workload = preset("tiny-luts");
  auto wrong = std::make_shared<LutTask>(workload::only_task<LutTask>(workload, "test"));
  wrong->vectors.scores[0] += 1;
  workload.tasks.push_back({"second", wrong});
  EXPECT_THROW(check_files(workload, {}), base::SimulationError);
}

}  // namespace
}  // namespace sim::values
