#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "sim/workload/lut_program.h"
#include "sim/workload/translation.h"

namespace sim::workload {

class TensorFile;

/// What a machine is to run. Which kind of task it holds decides which machines can.
struct Workload {
  std::string name;
  std::string description;                  // one line for people: where it comes from
  std::shared_ptr<const TensorFile> trace;  // keeps the task's spans alive; null when it has none
  std::variant<TranslationTask, LutTask> task;
};

/// The name of the workload that the file describes.
std::string name_of_file(const std::string& path);

/// The task of a workload for the machine named `machine`. Throws WorkloadError when the workload
/// is of the other kind.
const TranslationTask& translation_task(const Workload& workload, std::string_view machine);
const LutTask& lut_task(const Workload& workload, std::string_view machine);

}  // namespace sim::workload
