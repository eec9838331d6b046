#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/workload/json_fields.h"
#include "sim/workload/network.h"
#include "sim/workload/tensor_reader.h"

namespace sim::workload {

/// Widest row of features: keeps every sum of the integer operators within its type (attention:
/// 32 bits; the variance of add_norm: 64 bits).
constexpr std::uint32_t kMaxFeatures = 16384;
/// Most rows or columns of a weight matrix, and most pieces of a vocabulary.
constexpr std::uint32_t kMaxMatrixSide = 1 << 20;
/// Longest sentence.
constexpr std::uint32_t kMaxTokens = 65536;

/// Fills in what depends on an operator's kind: constants, tensors, shapes. Name, kind, phase and
/// inputs are read already. Throws WorkloadError naming the operator.
class OperatorReader {
 public:
  OperatorReader(const NetworkLimits& limits, const std::vector<Operator>& earlier,
                 TensorReader& tensors)
      : limits_(limits), earlier_(earlier), tensors_(tensors) {}

  void read(Operator& op, JsonFields& fields);

 private:
  void read_embedding(Operator& op, JsonFields& fields);
  void read_linear(Operator& op, JsonFields& fields);
  void read_logits(Operator& op, JsonFields& fields);
  void read_scores(Operator& op, JsonFields& fields);
  void read_softmax(Operator& op, JsonFields& fields);
  void read_values(Operator& op, JsonFields& fields);
  void read_norm(Operator& op, JsonFields& fields);

  void read_matrix(Operator& op, Weights& weights, JsonFields& fields);
  std::shared_ptr<const Mask> read_mask(const Weights& weights, JsonFields& fields);
  void check_causal(const Operator& op, const JsonFields& fields) const;
  const Operator& input(const Operator& op, std::size_t i) const { return earlier_[op.inputs[i]]; }

  const NetworkLimits& limits_;
  const std::vector<Operator>& earlier_;
  TensorReader& tensors_;
  std::map<std::string, std::shared_ptr<const Mask>> masks_;  // by tensor, or by shape when full
};

}  // namespace sim::workload
