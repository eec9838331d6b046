#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/base/key_doc.h"
#include "sim/workload/load_options.h"
#include "sim/workload/workload.h"

namespace sim::workload {

/// Opens a workload file. `seed` replaces the key of that name; WorkloadError when the workload
/// draws nothing at random. Throws ConfigError or FileError.
base::ConfigReader open_workload(const std::string& path,
                                 const base::ConfigReader::Overrides& overrides = {},
                                 std::optional<std::uint64_t> seed = std::nullopt);

/// Builds what the file describes; paths in it are relative to its folder. Afterwards
/// reader.resolved() holds every key in use. Throws ConfigError, WorkloadError, FileError, or
/// MemoryError before it takes more memory than it may.
Workload load(base::ConfigReader& reader, const LoadOptions& options = {});

/// Both steps.
Workload load(const std::string& path);

/// Every key of workload files.
std::vector<base::KeyDoc> workload_keys();

}  // namespace sim::workload
