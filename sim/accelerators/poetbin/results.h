#pragma once

#include <optional>

#include "sim/accelerators/poetbin/program.h"
#include "sim/accelerators/poetbin/run_record.h"
#include "sim/accelerators/poetbin/value_pass.h"
#include "sim/core/accelerator.h"

namespace sim::poetbin {

/// Counters of a run, and with values scores and activity, as headlines, tables and priced
/// activities. What must be conserved has been checked.
core::RunResult collect(const Program& program, const RunRecord& record, const ValuePass* values,
                        const Config& config);

/// The same without rows: what each number means.
core::RunResult describe_results();

}  // namespace sim::poetbin
