#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/workload/json_fields.h"
#include "sim/workload/network.h"
#include "sim/workload/tensor_reader.h"

namespace sim::workload {

/// Widest row of features, most channels: 128 * 128 of each, the most that attention adds up, stay
/// within 32 bits. Rows of a norm are narrower: the squares that it adds stay within 64 bits.
constexpr std::uint32_t kMaxFeatures = 65536;
constexpr std::uint32_t kMaxNormFeatures = 16384;
/// Most rows or columns of a weight matrix, and most pieces of a vocabulary.
constexpr std::uint32_t kMaxMatrixSide = 1 << 20;
/// Longest sentence, most rows of fixed tokens.
constexpr std::uint32_t kMaxTokens = 65536;
/// Most rows and columns of a map; most elements of what never changes its shape.
constexpr std::uint32_t kMaxMapSide = 16384;
constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 26;

/// lockstep-trace-1 and -2.
enum class TraceSchema { k1, k2 };

/// The shape of a list of three (a map) or two numbers (tokens); refuses all others.
OutputShape read_fixed_shape(JsonFields& fields, const char* name);
/// Refuses a shape beyond the limits above, or of more features.
void check_fixed_shape(const OutputShape& shape, std::uint32_t most_features,
                       const JsonFields& fields);

/// Fills in what depends on an operator's kind: constants, tensors, shapes. Name, kind, phase and
/// inputs are read already. Throws WorkloadError naming the operator.
class OperatorReader {
 public:
  OperatorReader(const Network& network, TraceSchema schema, TensorReader& tensors)
      : network_(network), schema_(schema), tensors_(tensors) {}

  void read(Operator& op, JsonFields& fields);

 private:
  void read(Operator& op, Input& input, JsonFields& fields);
  void read(Operator& op, Embedding& e, JsonFields& fields);
  void read(Operator& op, Constant& c, JsonFields& fields);
  void read(Operator& op, Linear& linear, JsonFields& fields);
  void read(Operator& op, Logits& logits, JsonFields& fields);
  void read(Operator& op, Conv2d& conv, JsonFields& fields);
  void read(Operator& op, MaxPool2d& pool, JsonFields& fields);
  void read(Operator& op, AveragePool2d& pool, JsonFields& fields);
  void read(Operator& op, GlobalAverage& g, JsonFields& fields);
  void read(Operator& op, Add& add, JsonFields& fields);
  void read(Operator& op, Multiply& m, JsonFields& fields);
  void read(Operator& op, Concat& c, JsonFields& fields);
  void read(Operator& op, Split& s, JsonFields& fields);
  void read(Operator& op, Upsample& u, JsonFields& fields);
  void read(Operator& op, Flatten& f, JsonFields& fields);
  void read(Operator& op, Unflatten& u, JsonFields& fields);
  void read(Operator& op, Activation& a, JsonFields& fields);
  void read(Operator& op, Norm& n, JsonFields& fields);
  void read(Operator& op, LocalResponseNorm& n, JsonFields& fields);
  void read(Operator& op, Rotary& r, JsonFields& fields);
  void read(Operator& op, AttentionScores& a, JsonFields& fields);
  void read(Operator& op, Softmax& s, JsonFields& fields);
  void read(Operator& op, AttentionValues& a, JsonFields& fields);

  // trace_operators.cpp
  const Operator& input(const Operator& op, std::size_t i) const {
    return network_.operators[op.inputs[i]];
  }
  /// The shape of an input that must be tokens, or a map.
  const OutputShape& tokens(const Operator& op, std::size_t i, const JsonFields& fields) const;
  const OutputShape& map(const Operator& op, std::size_t i, const JsonFields& fields) const;
  /// Rows of a table of positions for inputs of that shape.
  std::uint32_t positions(const OutputShape& shape) const;
  /// Refuses operators that see other rows where a target's rows must not.
  void refuse_target(const OutputShape& shape, const JsonFields& fields) const;
  void read_weights(Operator& op, Weights& weights, const Shape& shape, JsonFields& fields);
  std::shared_ptr<const Mask> read_mask(const Weights& weights, JsonFields& fields);

  // trace_operators_maps.cpp
  void read_windows(Windows& windows, bool dilated, JsonFields& fields) const;
  OutputShape pooled(const Windows& windows, const OutputShape& x, const JsonFields& fields) const;

  // trace_operators_attention.cpp
  void check_heads(const Operator& x, std::uint32_t heads, const JsonFields& fields) const;
  void check_mask(const Operator& op, const AttentionScores& a, const JsonFields& fields) const;
  void read_bias(const Operator& op, AttentionScores& a, JsonFields& fields);

  const Network& network_;
  const TraceSchema schema_;
  TensorReader& tensors_;
  std::map<std::string, std::shared_ptr<const Mask>> masks_;  // by tensor, or by shape when full
};

}  // namespace sim::workload
