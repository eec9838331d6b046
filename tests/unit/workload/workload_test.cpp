#include "sim/workload/workload.h"

#include <gtest/gtest.h>

#include "sim/base/error.h"

namespace sim::workload {
namespace {

template <class Task>
std::string refusal(const Workload& workload, const Task& task) {
  try {
    task(workload, "machine");
  } catch (const base::WorkloadError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Workload, AMachineGetsItsKindOfTaskOnly) {
  const Workload translation{
      .name = "w", .description = {}, .trace = {}, .task = TranslationTask{}};
  const Workload luts{.name = "w", .description = {}, .trace = {}, .task = LutTask{}};
  EXPECT_EQ(refusal(translation, translation_task), "no error");
  EXPECT_EQ(refusal(luts, lut_task), "no error");
  EXPECT_EQ(refusal(luts, translation_task),
            "w: machine runs Transformers; this workload is a look-up-table program");
  EXPECT_EQ(refusal(translation, lut_task),
            "w: machine runs look-up-table programs; this workload is a Transformer");
}

}  // namespace
}  // namespace sim::workload
