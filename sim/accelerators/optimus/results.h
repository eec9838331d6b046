#pragma once

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"
#include "sim/core/accelerator.h"

namespace sim::optimus {

/// Counters of a run as tables, headlines and priced activities. What must be conserved has been
/// checked.
core::RunResult collect(const RunRecord& record, const Program& program, const Config& config);

/// Of a collected result: multiply-accumulates left out for zero inputs.
std::uint64_t skipped_macs(const core::RunResult& result);

/// The same without rows: what each number means.
core::RunResult describe_results();

}  // namespace sim::optimus
