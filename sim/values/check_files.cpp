#include "sim/values/check_files.h"

#include "sim/values/check_luts.h"

namespace sim::values {

std::optional<std::uint64_t> check_files(const workload::Workload& workload) {
  std::optional<std::uint64_t> compared;
  for (const workload::NamedTask& task : workload.tasks) {
    const auto* luts = dynamic_cast<const workload::LutTask*>(task.task.get());
    if (luts != nullptr) compared = compared.value_or(0) + check_vectors(*luts);
  }
  return compared;
}

}  // namespace sim::values
