#include "sim/workload/workload.h"

#include <fmt/format.h>

#include <filesystem>

#include "sim/base/error.h"

namespace sim::workload {

std::string name_of_file(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

const TranslationTask& translation_task(const Workload& workload, std::string_view machine) {
  if (const auto* task = std::get_if<TranslationTask>(&workload.task)) return *task;
  throw base::WorkloadError(
      fmt::format("{}: {} runs Transformers; this workload is a look-up-table program",
                  workload.name, machine));
}

const LutTask& lut_task(const Workload& workload, std::string_view machine) {
  if (const auto* task = std::get_if<LutTask>(&workload.task)) return *task;
  throw base::WorkloadError(
      fmt::format("{}: {} runs look-up-table programs; this workload is a Transformer",
                  workload.name, machine));
}

}  // namespace sim::workload
