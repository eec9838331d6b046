#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/tensor_parts.h"

namespace sim::workload {

using test::assemble;
using test::int32;
using test::int8;
using test::TensorParts;
using test::uint16;
using test::uint8;

/// A trace in pieces: a test changes one and asks for the bytes or for the message of the refusal.
struct TraceParts {
  std::string schema = "lockstep-trace-1";
  nlohmann::json graph;
  nlohmann::json origin;
  nlohmann::json reference;
  test::TensorMap tensors;

  /// The operator of that name in the graph.
  nlohmann::json& op(const std::string& name);
  /// The header before it becomes text, tensors in the order of the file.
  nlohmann::ordered_json header() const;
  std::vector<std::byte> data() const;
  std::vector<std::byte> bytes() const;
};

/// A whole, valid trace: 1 + 1 layers, 4 features, 2 heads, 6 inner features, 5 pieces, 8
/// positions, 2 sentences with texts, two reference points, a mask on every matrix of the encoder.
TraceParts valid_trace();

/// Message of the WorkloadError that reading the bytes as file "t" gives, or "no error".
std::string refusal(const std::vector<std::byte>& bytes);
std::string refusal(const TraceParts& parts);
/// The same after a change of the valid trace.
std::string refusal_after(const std::function<void(TraceParts&)>& change);

}  // namespace sim::workload
