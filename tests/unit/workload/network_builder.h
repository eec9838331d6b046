#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/workload/safetensors.h"
#include "tests/unit/workload/trace_builder.h"

namespace sim::workload {

/// Operators of a trace of the second schema, one after the other.
class NetworkBuilder {
 public:
  /// `model`: its fields. Origin and an empty reference are there.
  explicit NetworkBuilder(const nlohmann::json& model);

  /// Fields that name tensors are those of `tensors`; the tensors are called NAME.FIELD.
  void add(const std::string& name, const std::string& kind, const nlohmann::json& inputs,
           nlohmann::json fields, const test::TensorMap& tensors = {});
  /// Weights of so many rows and columns, or as a convolution has them.
  void linear(const std::string& name, const std::string& input, std::uint64_t rows,
              std::uint64_t columns);
  void logits(const std::string& name, const std::string& input, std::uint64_t rows,
              std::uint64_t columns);
  void conv2d(const std::string& name, const std::string& input, const Shape& weight,
              std::uint64_t groups);
  /// Scores, softmax and values of NAME.q, .k and .v, of two heads.
  void attention(const std::string& name, std::uint64_t kv_heads, const std::string& mask);
  void point(std::uint64_t sample, const std::string& op, const TensorParts& tensor);

  TraceParts parts;
};

/// feed_forward: an image [3, 8, 8] and a row [1, 4]; every operator of maps and elements; two
/// samples with labels; three points.
TraceParts valid_feed_forward();
/// decoder: four features, two heads of queries and one of keys, rotary, window and bias, rms; two
/// prompts.
TraceParts valid_decoder();
/// encoder: five features, whole attention with a bias, the first row's logits; two sentences.
TraceParts valid_encoder();
/// valid_trace() in the second schema.
TraceParts valid_encoder_decoder();

/// How tests make a valid trace.
using MakeTrace = TraceParts (*)();

/// Message of the refusal after a change; of one field of an operator; of a field that is missing.
std::string refusal_after(MakeTrace make, const std::function<void(TraceParts&)>& change);
std::string field_refusal(MakeTrace make, const std::string& op, const std::string& field,
                          const nlohmann::json& value);
std::string missing_refusal(MakeTrace make, const std::string& op, const std::string& field);
/// With another tensor of that name.
std::string tensor_refusal(MakeTrace make, const std::string& name, const TensorParts& tensor);

}  // namespace sim::workload
