#include "sim/values/check_files.h"

#include "sim/values/check.h"
#include "sim/values/check_luts.h"
#include "sim/values/memory.h"
#include "sim/values/work.h"

namespace sim::values {
namespace {

constexpr std::uint64_t kQuickMultiplications = std::uint64_t{1} << 36U;  // some seconds

/// Nothing for a task of another type, or one that takes long.
std::optional<std::uint64_t> compared_values(const workload::Workload& workload,
                                             const workload::Task& task,
                                             const base::MemoryLimit& limit) {
  if (const auto* luts = dynamic_cast<const workload::LutTask*>(&task)) {
    return check_vectors(*luts);
  }
  const auto* network = dynamic_cast<const workload::NetworkTask*>(&task);
  const bool quick = network != nullptr && network->model.has_values &&
                     most_multiplications(*network) <= kQuickMultiplications;
  if (!quick) return std::nullopt;
  base::MemoryNeed need = workload::held(workload);
  need.add(translation_need(*network));
  limit.check(need, workload.name);
  return check_reference(*network);
}

}  // namespace

std::optional<std::uint64_t> check_files(const workload::Workload& workload,
                                         const base::MemoryLimit& limit) {
  std::optional<std::uint64_t> all;
  for (const workload::NamedTask& task : workload.tasks) {
    const auto compared = compared_values(workload, *task.task, limit);
    if (compared) all = all.value_or(0) + *compared;
  }
  return all;
}

}  // namespace sim::values
