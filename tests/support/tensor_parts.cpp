#include "tests/support/tensor_parts.h"

#include <cstring>

namespace sim::test {
namespace {

std::uint64_t element_size(const TensorParts& t) {
  return t.dtype == "I32" ? 4 : t.dtype == "U16" ? 2 : 1;
}

}  // namespace

TensorParts int8(std::vector<std::uint64_t> shape, const std::vector<std::int8_t>& values) {
  return tensor("I8", std::move(shape), values);
}
TensorParts uint8(std::vector<std::uint64_t> shape, const std::vector<std::uint8_t>& values) {
  return tensor("U8", std::move(shape), values);
}
TensorParts uint16(std::vector<std::uint64_t> shape, const std::vector<std::uint16_t>& values) {
  return tensor("U16", std::move(shape), values);
}
TensorParts int32(std::vector<std::uint64_t> shape, const std::vector<std::int32_t>& values) {
  return tensor("I32", std::move(shape), values);
}

nlohmann::ordered_json tensor_header(const nlohmann::json& metadata, const TensorMap& tensors) {
  nlohmann::ordered_json result = {{"__metadata__", metadata}};
  std::uint64_t end = 0;
  for (const std::uint64_t size : {4u, 2u, 1u}) {
    for (const auto& [name, t] : tensors) {
      if (element_size(t) != size) continue;
      result[name] = {
          {"dtype", t.dtype}, {"shape", t.shape}, {"data_offsets", {end, end + t.bytes.size()}}};
      end += t.bytes.size();
    }
  }
  return result;
}

std::vector<std::byte> tensor_data(const TensorMap& tensors) {
  std::vector<std::byte> all;
  for (const std::uint64_t size : {4u, 2u, 1u}) {
    for (const auto& [name, t] : tensors) {
      if (element_size(t) == size) all.insert(all.end(), t.bytes.begin(), t.bytes.end());
    }
  }
  return all;
}

std::vector<std::byte> assemble(std::string header, const std::vector<std::byte>& data) {
  header.resize((header.size() + 8 + 63) / 64 * 64 - 8, ' ');
  const std::uint64_t length = header.size();
  std::vector<std::byte> bytes(8 + header.size());
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

}  // namespace sim::test
