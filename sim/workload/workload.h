#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/memory.h"
#include "sim/workload/task.h"

namespace sim::workload {

/// A task and what it is for.
struct NamedTask {
  std::string role;  // tells the tasks of a workload apart; empty when there is only one
  std::shared_ptr<const Task> task;
};

/// What a machine is to run. The types of its tasks decide which machines can. Copies share the
/// tasks.
struct Workload {
  std::string name;
  std::string description;  // one line for people: where it comes from
  std::vector<NamedTask> tasks;
};

/// The name of the workload that the file describes.
std::string name_of_file(const std::string& path);

/// What a loaded workload holds.
base::MemoryNeed held(const Workload& workload);

/// The task of a workload that has just one. Throws WorkloadError for more of them or none;
/// `machine` is named in it.
const NamedTask& only_task(const Workload& workload, std::string_view machine);
/// The task of that role. Throws WorkloadError when there is none.
const NamedTask& task_in_role(const Workload& workload, std::string_view role,
                              std::string_view machine);
/// Throws the WorkloadError that `machine` runs something else: `runs`, which says why not this.
[[noreturn]] void refuse(const Workload& workload, std::string_view machine,
                         const std::string& runs);
/// Throws the WorkloadError that `machine` runs other tasks, `runs`, than this one.
[[noreturn]] void refuse_task(const Workload& workload, const NamedTask& task,
                              std::string_view machine, std::string_view runs);

/// The task as one of type T, which `machine` runs. Throws WorkloadError when it is of another
/// type.
template <class T>
const T& task_as(const Workload& workload, const NamedTask& task, std::string_view machine) {
  if (const auto* wanted = dynamic_cast<const T*>(task.task.get())) return *wanted;
  refuse_task(workload, task, machine, T::kMany);
}

/// What a machine that runs one task of type T is given. Throws WorkloadError when the workload has
/// another task, more of them or none.
template <class T>
const T& only_task(const Workload& workload, std::string_view machine) {
  return task_as<T>(workload, only_task(workload, machine), machine);
}

/// What a machine that runs several tasks is given as the one of that role. Throws WorkloadError
/// when the workload has none in this role, or one that is no T.
template <class T>
const T& task_in_role(const Workload& workload, std::string_view role, std::string_view machine) {
  return task_as<T>(workload, task_in_role(workload, role, machine), machine);
}

}  // namespace sim::workload
