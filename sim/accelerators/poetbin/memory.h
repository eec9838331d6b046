#pragma once

#include "sim/accelerators/poetbin/config.h"
#include "sim/base/memory.h"
#include "sim/core/accelerator.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// What running a task on this machine holds beside the task: the program as it is placed, planes
/// of samples, toggles of every wire.
base::MemoryNeed memory_need(const workload::LutTask& task, const Config& config,
                             const core::RunOptions& options);

}  // namespace sim::poetbin
