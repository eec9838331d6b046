#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "sim/workload/safetensors.h"

namespace sim::workload {

/// Typed access to the tensors of a file by name, which also counts the readers of each: more than
/// 64 of one are refused, which bounds the work on a hostile file. `where` starts every message:
/// "FILE: tensor NAME". Throws WorkloadError.
class TensorReader {
 public:
  TensorReader(const Safetensors& file, std::string name)
      : TensorReader(file.tensors(), std::move(name), true) {}
  /// Without `values` the tensors have shapes and no bytes: what int8() and the like return is
  /// empty.
  TensorReader(const std::map<std::string, Tensor>& tensors, std::string name, bool values)
      : tensors_(tensors), name_(std::move(name)), has_values_(values) {}

  bool has_values() const { return has_values_; }
  bool has(const std::string& tensor) const { return tensors_.contains(tensor); }
  /// Its shape; refuses a tensor that is missing, of another type or of another rank.
  const Shape& shape(const std::string& tensor, Dtype dtype, std::size_t rank,
                     const std::string& where);

  /// The same with a rank from `least` to `most`.
  const Shape& shape_of_rank(const std::string& tensor, Dtype dtype, std::size_t least,
                             std::size_t most, const std::string& where);

  /// Refuses another type or shape; counts as no use.
  void check(const std::string& tensor, Dtype dtype, const Shape& shape,
             const std::string& where) const;

  std::span<const std::int8_t> int8(const std::string& tensor, const Shape& shape,
                                    const std::string& where) {
    return view<std::int8_t>(tensor, Dtype::kI8, shape, where);
  }
  std::span<const std::uint8_t> uint8(const std::string& tensor, const Shape& shape,
                                      const std::string& where) {
    return view<std::uint8_t>(tensor, Dtype::kU8, shape, where);
  }
  std::span<const std::uint16_t> uint16(const std::string& tensor, const Shape& shape,
                                        const std::string& where) {
    return view<std::uint16_t>(tensor, Dtype::kU16, shape, where);
  }
  std::span<const std::int32_t> int32(const std::string& tensor, const Shape& shape,
                                      const std::string& where) {
    return view<std::int32_t>(tensor, Dtype::kI32, shape, where);
  }

  /// A tensor that nothing reads is a slip of the exporter; `advice` says what would read it.
  void refuse_unused(std::string_view advice) const;

 private:
  const Tensor& find(const std::string& tensor, const std::string& where) const;
  const Tensor& checked(const std::string& tensor, Dtype dtype, const Shape& shape,
                        const std::string& where);

  template <class T>
  std::span<const T> view(const std::string& tensor, Dtype dtype, const Shape& shape,
                          const std::string& where) {
    const Tensor& found = checked(tensor, dtype, shape, where);
    return {reinterpret_cast<const T*>(found.bytes.data()), found.bytes.size() / sizeof(T)};
  }

  const std::map<std::string, Tensor>& tensors_;
  std::string name_;
  bool has_values_;
  std::map<std::string, std::uint32_t> uses_;
};

}  // namespace sim::workload
