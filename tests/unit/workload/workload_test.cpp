#include "sim/workload/workload.h"

#include <gtest/gtest.h>

#include <memory>

#include "sim/base/error.h"
#include "sim/workload/lut_program.h"
#include "sim/workload/network.h"

namespace sim::workload {
namespace {

/// A type of tasks that no code but this knows.
struct Detection final : Task {
  static constexpr std::string_view kMany = "detectors";

  std::string_view what() const override { return "a detector"; }
  base::MemoryNeed held() const override {
    base::MemoryNeed need;
    need.add("its neurons", 1000);
    return need;
  }
};

Workload workload_of(std::vector<NamedTask> tasks) { return {"w", "", std::move(tasks)}; }

Workload two_networks() {
  auto target = std::make_shared<NetworkTask>();
  target->model.name = "target network";
  return workload_of({{"target", target}, {"detector", std::make_shared<Detection>()}});
}

template <class Act>
std::string refusal(Act act) {
  try {
    act();
  } catch (const base::WorkloadError& e) {
    return e.what();
  }
  return "no error";
}

template <class T>
std::string only_task_refusal(const Workload& workload) {
  return refusal([&] { only_task<T>(workload, "machine"); });
}

TEST(Workload, AMachineGetsItsTypeOfTaskOnly) {
  const Workload translation = workload_of({{"", std::make_shared<NetworkTask>()}});
  const Workload luts = workload_of({{"", std::make_shared<LutTask>()}});
  EXPECT_EQ(&only_task<LutTask>(luts, "machine"), luts.tasks[0].task.get());
  EXPECT_EQ(only_task_refusal<NetworkTask>(translation), "no error");
  EXPECT_EQ(only_task_refusal<NetworkTask>(luts),
            "w: machine runs networks; this workload is a look-up-table program");
  EXPECT_EQ(only_task_refusal<LutTask>(translation),
            "w: machine runs look-up-table programs; this workload is a Transformer");
  EXPECT_EQ(only_task_refusal<Detection>(luts),
            "w: machine runs detectors; this workload is a look-up-table program");
}

TEST(Workload, AMachineOfOneTaskRefusesMoreAndNone) {
  EXPECT_EQ(only_task_refusal<NetworkTask>(two_networks()),
            "w: machine runs one task; this workload has 2");
  EXPECT_EQ(only_task_refusal<Detection>(workload_of({})),
            "w: machine runs one task; this workload has 0");
}

TEST(Workload, TasksAreFoundByTheirRole) {
  const Workload both = two_networks();
  EXPECT_EQ(task_in_role<NetworkTask>(both, "target", "machine").model.name, "target network");
  EXPECT_EQ(task_in_role<Detection>(both, "detector", "machine").what(), "a detector");
}

TEST(Workload, ARoleThatIsMissingOrOfAnotherTypeIsNamed) {
  const Workload both = two_networks();
  EXPECT_EQ(refusal([&] { task_in_role<Detection>(both, "target", "machine"); }),
            "w: machine runs detectors; task 'target' of this workload is a Transformer");
  EXPECT_EQ(refusal([&] { task_in_role<Detection>(both, "guard", "machine"); }),
            "w: machine runs a task 'guard'; this workload has none of that name");
}

TEST(Workload, HoldsWhatItsTasksHold) {
  const Workload both = two_networks();
  EXPECT_EQ(held(both).bytes(), both.tasks[0].task->held().bytes() + 1000);
  EXPECT_EQ(held(both).largest().name, "its neurons");
}

}  // namespace
}  // namespace sim::workload
