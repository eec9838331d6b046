#pragma once

#include "sim/accelerators/optimus/config.h"
#include "sim/base/memory.h"
#include "sim/core/accelerator.h"
#include "sim/workload/network.h"
#include "sim/workload/sparse_products.h"

namespace sim::optimus {

/// Whether an engine needs to know of each block what Occupancy says, which is made with it.
constexpr bool looks_ahead(core::Engine engine) {
  switch (engine) {
    case core::Engine::kTick:
      return false;
    case core::Engine::kSkip:
      break;
  }
  return true;
}

/// The least that the matrices of a model take as lists of entries, with what skipping ahead needs,
/// however they are cut; may be asked before masks are there.
base::MemoryNeed least_matrices_need(const workload::Network& model, const Config& config,
                                     core::Engine engine);
base::MemoryNeed least_matrices_need(const workload::SparseProducts& task, const Config& config,
                                     core::Engine engine);

/// What a run holds at most beside the task and its matrices: the values' rows, inputs that are not
/// zero, the columns of a pass, records.
base::MemoryNeed run_need(const workload::NetworkTask& task, const Config& config,
                          const core::RunOptions& options);
base::MemoryNeed run_need(const workload::SparseProducts& task, const Config& config,
                          const core::RunOptions& options);

}  // namespace sim::optimus
