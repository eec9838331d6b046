#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/file.h"
#include "sim/workload/safetensors.h"

namespace sim::workload {

/// A safetensors file in memory with its layout checked: a trace or a LUT program. Owns the bytes
/// that the spans of a Workload point into.
class TensorFile {
 public:
  /// Reads the file. Throws FileError or WorkloadError.
  explicit TensorFile(const std::string& path);
  /// Takes bytes that are in memory already; `name` stands for the file in messages.
  TensorFile(std::vector<std::byte> bytes, const std::string& name);

  const std::string& name() const { return name_; }
  const Safetensors& content() const { return content_; }
  /// Bytes of the file.
  std::uint64_t size() const { return read_ ? read_->bytes().size() : bytes_.size(); }

  /// Of the metadata; empty when there is none.
  std::string schema() const;
  /// Refuses a file of another schema and one whose metadata are not exactly "schema" and `keys`.
  void check_metadata(std::string_view schema, const std::vector<std::string>& keys) const;
  /// Where the content comes from, in one line: model, source and licence of the metadata's origin.
  std::string origin() const;

 private:
  std::string name_;
  std::unique_ptr<const base::FileBytes> read_;
  std::vector<std::byte> bytes_;  // when they were in memory already
  Safetensors content_;
};

}  // namespace sim::workload
