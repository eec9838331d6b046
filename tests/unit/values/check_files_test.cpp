#include "sim/values/check_files.h"

#include <gtest/gtest.h>

#include <memory>

#include "sim/base/error.h"
#include "sim/workload/load.h"
#include "sim/workload/lut_program.h"

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

TEST(CheckFiles, AWrongValueOfAnyTaskIsReported) {
  Workload workload = preset("tiny-luts");
  auto wrong = std::make_shared<LutTask>(workload::only_task<LutTask>(workload, "test"));
  wrong->vectors.scores[0] += 1;
  workload.tasks.push_back({"second", wrong});
  EXPECT_THROW(check_files(workload, {}), base::SimulationError);
}

}  // namespace
}  // namespace sim::values
