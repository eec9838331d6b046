#include "sim/values/work.h"

#include <algorithm>

#include "sim/base/memory.h"

namespace sim::values {
namespace {

using base::product;
using workload::Network;
using workload::Operator;
using workload::OperatorKind;
using workload::Sample;

/// The operator whose rows are the keys of an attention operator.
const Operator& keys_of(const Network& network, const Operator& op) {
  const Operator* scores = &op;
  while (scores->kind() != OperatorKind::kAttentionScores) {
    scores = &network.operators[scores->inputs[0]];
  }
  return network.operators[scores->inputs[1]];
}

/// Of one row or one pixel.
std::uint64_t of_row(const Network& network, const Operator& op, const Sample& longest) {
  switch (op.kind()) {
    case OperatorKind::kAttentionScores:
      return product({positions_of(network, keys_of(network, op), longest),
                      network.operators[op.inputs[0]].features()});
    case OperatorKind::kSoftmax:
      return product({positions_of(network, keys_of(network, op), longest), op.heads()});
    case OperatorKind::kAttentionValues:
      return product({positions_of(network, keys_of(network, op), longest), op.features()});
    default:
      return product({op.features(), std::max(op.columns(), 1u)});
  }
}

std::uint64_t rows(const Network& network, const Operator& op, const Sample& longest) {
  if (op.shape.is_map()) return product({op.shape.height, op.shape.width});
  return positions_of(network, op, longest);
}

}  // namespace

std::uint64_t most_multiplications(const workload::NetworkTask& task) {
  std::uint64_t all = 0;
  for (Sample longest : task.samples) {
    longest.target_tokens = std::max(longest.target_tokens, longest.max_target_tokens);
    for (const Operator& op : task.model.operators) {
      const std::uint64_t more =
          product({rows(task.model, op, longest), of_row(task.model, op, longest)});
      all += std::min(more, UINT64_MAX - all);
    }
  }
  return all;
}

}  // namespace sim::values
