#pragma once

#include <optional>
#include <string>

#include "sim/core/accelerator.h"
#include "sim/workload/lut_program.h"
#include "sim/workload/workload.h"

namespace sim::poetbin {

const core::Accelerator& accelerator();

}  // namespace sim::poetbin

namespace sim::poetbin::test {

/// The program on `samples` random vectors, with labels and with the scores and outputs of all
/// levels that the plain reference gives.
workload::LutTask task_of(workload::LutProgram program, std::uint32_t samples,
                          std::uint64_t seed = 1);

workload::Workload workload_of(workload::LutTask task);
workload::Workload workload_of(workload::LutProgram program, std::uint32_t samples,
                               std::uint64_t seed = 1);

/// Headlines, tables, counters, activities and notes of a run of the block `poetbin:`, one number a
/// line. Runs in a process of its own.
std::string simulate(const std::string& yaml, const workload::Workload& workload,
                     const core::RunOptions& options = {});

/// The message of what a run throws; empty when it does not. In a process of its own.
std::string failure(const std::string& yaml, const workload::Workload& workload,
                    const core::RunOptions& options = {});

/// The number behind "headline NAME " in simulate()'s text.
double headline(const std::string& text, const std::string& name);

}  // namespace sim::poetbin::test
