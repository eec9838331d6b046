#include "sim/workload/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/printable.h"

namespace sim::workload {

void refuse(const Workload& workload, std::string_view machine, const std::string& runs) {
  throw base::WorkloadError(fmt::format("{}: {} runs {}", workload.name, machine, runs));
}

std::string name_of_file(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

base::MemoryNeed held(const Workload& workload) {
  base::MemoryNeed need;
  for (const NamedTask& task : workload.tasks) need.add(task.task->held());
  return need;
}

const NamedTask& only_task(const Workload& workload, std::string_view machine) {
  const std::size_t count = workload.tasks.size();
  if (count == 1) return workload.tasks[0];
  refuse(workload, machine, fmt::format("one task; this workload has {}", count));
}

const NamedTask& task_in_role(const Workload& workload, std::string_view role,
                              std::string_view machine) {
  const auto found = std::ranges::find(workload.tasks, role, &NamedTask::role);
  if (found != workload.tasks.end()) return *found;
  refuse(workload, machine, fmt::format("a task '{}'; this workload has none of that name", role));
}

void refuse_task(const Workload& workload, const NamedTask& task, std::string_view machine,
                 std::string_view runs) {
  const std::string place =
      task.role.empty() ? "this workload"
                        : fmt::format("task '{}' of this workload", base::printable(task.role));
  refuse(workload, machine, fmt::format("{}; {} is {}", runs, place, task.task->what()));
}

}  // namespace sim::workload
