#pragma once

#include <cstdint>
#include <string>

#include "sim/workload/luts_config.h"
#include "sim/workload/workload.h"

namespace sim::workload {

/// The program at path `program` with the inputs that the workload file `file` asks for. Throws
/// WorkloadError or FileError.
Workload load_luts(const LutsConfig& config, std::uint64_t seed, const std::string& file,
                   const std::string& program);

}  // namespace sim::workload
