#pragma once

#include "sim/accelerators/optimus/config.h"
#include "sim/base/memory.h"
#include "sim/core/accelerator.h"
#include "sim/workload/translation.h"

namespace sim::optimus {

/// What mapping and running a task on this machine holds beside the task: lists of entries, what
/// skipping ahead needs of them, the values' rows, records of the run.
base::MemoryNeed memory_need(const workload::TranslationTask& task, const Config& config,
                             const core::RunOptions& options);

}  // namespace sim::optimus
