#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sim::workload {

/// A tensor of a trace under construction.
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

/// A trace in pieces: a test changes one and asks for the bytes or for the message of the refusal.
struct TraceParts {
  std::string schema = "lockstep-trace-1";
  nlohmann::json graph;
  nlohmann::json origin;
  nlohmann::json reference;
  std::map<std::string, TensorParts> tensors;

  /// The operator of that name in the graph.
  nlohmann::json& op(const std::string& name);
  /// The header before it becomes text, tensors in the order of the file.
  nlohmann::json header() const;
  std::vector<std::byte> data() const;
  std::vector<std::byte> bytes() const;
};

/// A whole, valid trace: 1 + 1 layers, 4 features, 2 heads, 6 inner features, 5 pieces, 8
/// positions, 2 sentences with texts, two reference points, a mask on every matrix of the encoder.
TraceParts valid_trace();

/// Length, text padded with spaces to a multiple of 64, data.
std::vector<std::byte> assemble(std::string header, const std::vector<std::byte>& data);

/// Message of the WorkloadError that reading the bytes as file "t" gives, or "no error".
std::string refusal(const std::vector<std::byte>& bytes);
std::string refusal(const TraceParts& parts);
/// The same after a change of the valid trace.
std::string refusal_after(const std::function<void(TraceParts&)>& change);

}  // namespace sim::workload
