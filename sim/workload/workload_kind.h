#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sim/base/config_reader.h"
#include "sim/base/memory.h"
#include "sim/workload/load_options.h"
#include "sim/workload/workload.h"

namespace sim::workload {

/// A workload file whose keys are read and checked.
class WorkloadSource {
 public:
  virtual ~WorkloadSource() = default;

  /// What loading holds in memory as far as the keys say it: a bound from above.
  virtual base::MemoryNeed memory() const { return {}; }

  /// Builds the workload; `in` is the reader of the keys, for the places of messages. Throws
  /// ConfigError, WorkloadError, FileError, or MemoryError before it takes more memory than it may.
  virtual Workload load(const base::ConfigReader& in, const LoadOptions& options) const = 0;
};

/// One kind of workload: a folder of sim/workload/kinds.
class WorkloadKind {
 public:
  virtual ~WorkloadKind() = default;

  /// The value of `kind:` in a workload file; its folder has the same name.
  virtual std::string_view name() const = 0;
  virtual std::string_view description() const = 0;
  /// Kinds are listed from the lowest rank up, those of one rank by name.
  virtual int rank() const { return 10; }

  /// Reads its keys. Under ConfigReader::describe() this documents them. Conditions of keys are
  /// told as if there were no other kind. Keys that several kinds read are in shared_keys.h. Throws
  /// ConfigError.
  virtual std::unique_ptr<const WorkloadSource> configure(base::ConfigReader& in) const = 0;

  /// Whether anything is drawn, so that a seed has a meaning. Reads no more keys than it must;
  /// throws ConfigError.
  virtual bool draws_at_random(base::ConfigReader& /*in*/) const { return false; }
};

/// The path of a file that a workload file names: relative to the workload file's folder.
std::string beside(const base::ConfigReader& in, const std::string& path);

}  // namespace sim::workload
