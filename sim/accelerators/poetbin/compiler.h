#pragma once

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// Puts the task's program on the machine. Throws ConfigError or WorkloadError when it cannot run
/// it: no LUTs, no samples, registers beyond the levels, columns and a program that is not RINC-2.
Program compile(const workload::LutTask& task, const Config& config);

/// Samples that run; WorkloadError when there are none.
std::uint64_t sample_count(const workload::LutTask& task, const SourceConfig& source);

/// The bits of the register that holds the number of the class.
std::uint32_t class_bits(const workload::LutProgram& program);

}  // namespace sim::poetbin
