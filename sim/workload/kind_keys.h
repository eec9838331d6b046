#pragma once

#include <memory>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/base/key_doc.h"
#include "sim/workload/kinds.h"

namespace sim::workload {

/// Every key of workload files: `kind`, then those of all kinds, each once, behind the keys that
/// stand before it in any kind. Conditions say under which kinds a key is read.
std::vector<base::KeyDoc> described_keys(const WorkloadKinds& kinds);

/// The kind that the file names. Throws ConfigError with the nearest name.
const WorkloadKind& read_kind(base::ConfigReader& in, const WorkloadKinds& kinds);

/// Reads a workload file as the kind that it names; refuses keys that this kind does not read, with
/// the kinds that do. Throws ConfigError.
std::unique_ptr<const WorkloadSource> read_source(base::ConfigReader& in,
                                                  const WorkloadKinds& kinds);

}  // namespace sim::workload
