#pragma once

#include <cstdint>
#include <string>

#include "sim/workload/load_options.h"
#include "sim/workload/luts_config.h"
#include "sim/workload/workload.h"

namespace sim::workload {

/// The program at path `program` with the inputs that the workload file `in` asks for. Throws
/// ConfigError, WorkloadError, FileError or MemoryError.
Workload load_luts(const LutsConfig& config, std::uint64_t seed, const base::ConfigReader& in,
                   const std::string& program, const LoadOptions& options);

}  // namespace sim::workload
