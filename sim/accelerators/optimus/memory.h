#pragma once

#include "sim/accelerators/optimus/config.h"
#include "sim/base/memory.h"
#include "sim/core/accelerator.h"
#include "sim/workload/translation.h"

namespace sim::optimus {

/// The least that the matrices of a model take as lists of entries, with what skipping ahead needs,
/// however they are cut; may be asked before masks are there.
base::MemoryNeed least_matrices_need(const workload::Model& model, const Config& config,
                                     core::Engine engine);

/// What a run holds at most beside the task and its matrices: the values' rows, records.
base::MemoryNeed run_need(const workload::TranslationTask& task, const core::RunOptions& options);

}  // namespace sim::optimus
