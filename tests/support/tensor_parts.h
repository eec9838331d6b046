#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sim::test {

/// A tensor of a file under construction.
struct TensorParts {
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::vector<std::byte> bytes;
};

template <class T>
TensorParts tensor(std::string dtype, std::vector<std::uint64_t> shape,
                   const std::vector<T>& values) {
  const auto* first = reinterpret_cast<const std::byte*>(values.data());
  return {std::move(dtype), std::move(shape), {first, first + values.size() * sizeof(T)}};
}
TensorParts int8(std::vector<std::uint64_t> shape, const std::vector<std::int8_t>& values);
TensorParts uint8(std::vector<std::uint64_t> shape, const std::vector<std::uint8_t>& values);
TensorParts uint16(std::vector<std::uint64_t> shape, const std::vector<std::uint16_t>& values);
TensorParts int32(std::vector<std::uint64_t> shape, const std::vector<std::int32_t>& values);

using TensorMap = std::map<std::string, TensorParts>;

/// The header before it becomes text, tensors in the order of the file.
nlohmann::ordered_json tensor_header(const nlohmann::json& metadata, const TensorMap& tensors);
/// The bytes of the tensors in the order of the file.
std::vector<std::byte> tensor_data(const TensorMap& tensors);
/// Length, text padded with spaces to a multiple of 64, data.
std::vector<std::byte> assemble(std::string header, const std::vector<std::byte>& data);

}  // namespace sim::test
