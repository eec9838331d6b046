#pragma once

#include <vector>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/value_pass.h"
#include "sim/accelerators/optimus/zero_inputs.h"
#include "sim/base/memory.h"
#include "sim/core/accelerator.h"
#include "sim/workload/network.h"
#include "sim/workload/sparse_products.h"

namespace sim::optimus {

/// What the machine runs, as one or the other type of task: sentences for a network, or products by
/// themselves. Refers to the workload.
struct Job {
  const workload::NetworkTask* network = nullptr;
  const workload::SparseProducts* products = nullptr;

  /// Throws base::WorkloadError for a workload with another task, more of them or none.
  static Job of(const workload::Workload& workload);

  bool has_values() const { return network != nullptr && network->model.has_values; }
  /// As the workload states them; one for each product.
  std::vector<SentenceLengths> lengths() const;
  Program compiled(const Config& config, const MatrixLibrary& library,
                   const core::MemoryCheck& check) const;
  Program compiled(const Config& config) const;
  /// What the matrices take at least, and what a run holds at most beside them: memory.h.
  base::MemoryNeed matrices_need(const Config& config, core::Engine engine) const;
  base::MemoryNeed run_need(const Config& config, const core::RunOptions& options) const;
  /// Null where no input is known to be zero, or the machine does not skip any. `values`: of the
  /// run, or null when they are not computed. `program` and what `values` holds outlive what is
  /// returned.
  NonzeroInputs nonzero_inputs(const Config& config, const Program& program,
                               const ValuePass* values) const;
  /// What a run leaves out or assumes.
  std::vector<std::string> notes(const Config& config, bool values) const;
  /// core::Design::idle_keys.
  std::vector<std::string> idle_keys(const Config& config) const;
};

}  // namespace sim::optimus
