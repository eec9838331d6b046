#pragma once

#include <cstdint>

#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/program.h"
#include "sim/accelerators/dnnguard/run_record.h"
#include "sim/core/accelerator.h"

namespace sim::dnnguard {

/// Counters of a run as headlines, tables and priced activities. What must be conserved has been
/// checked.
core::RunResult collect(const Program& program, const RunRecord& record, const Config& config,
                        std::uint64_t compared_values);

/// Hardware layers as jobs of their units, named after their operators.
stats::TimelineData timeline_of(const Program& program, const RunRecord& record,
                                const stats::CycleWindow& window);

/// A result without rows: what each number means.
core::RunResult describe_results();

}  // namespace sim::dnnguard
