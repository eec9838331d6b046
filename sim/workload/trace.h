#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/base/file.h"
#include "sim/workload/safetensors.h"
#include "sim/workload/workload.h"

namespace sim::workload {

/// A trace file in memory with its layout checked. Owns the bytes that the spans of a Workload
/// point into. The file must not be shortened while it is mapped.
class Trace {
 public:
  /// Maps the file without copying it. Throws FileError or WorkloadError.
  explicit Trace(const std::string& path);
  /// Takes bytes that are in memory already; `name` stands for the file in messages.
  Trace(std::vector<std::byte> bytes, const std::string& name);

  const std::string& file() const { return file_; }
  const Safetensors& content() const { return content_; }

 private:
  std::string file_;
  std::unique_ptr<const base::MappedFile> mapped_;
  std::vector<std::byte> bytes_;
  Safetensors content_;
};

/// The whole trace as a workload: every sentence, operator and reference point, all of the format's
/// rules (docs/trace-format.md) checked. Throws WorkloadError "FILE: what is wrong; what is right".
Workload read_trace(std::shared_ptr<const Trace> trace);

}  // namespace sim::workload
