#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sim::workload {

enum class Dtype { kI8, kU8, kU16, kI32 };

/// One named tensor of a file: row-major, little-endian, aligned to its element size.
struct Tensor {
  std::string name;
  Dtype dtype = Dtype::kI8;
  std::vector<std::uint64_t> shape;  // 1 to 4 dimensions of at least 1
  std::span<const std::byte> bytes;  // product(shape) * element size
};

using Shape = std::vector<std::uint64_t>;

/// "I8".
std::string_view name_of(Dtype dtype);
/// "I8[512, 2048]".
std::string shown(Dtype dtype, const Shape& shape);

/// The layout of the public safetensors format: u64 header length, JSON header, tensors without
/// holes. Keeps views of the bytes, which must outlive it. Everything is checked before anything is
/// used: throws WorkloadError "FILE: what is wrong; what would be right".
class Safetensors {
 public:
  Safetensors(std::span<const std::byte> bytes, const std::string& file);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::map<std::string, Tensor>& tensors() const { return tensors_; }

 private:
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace sim::workload
