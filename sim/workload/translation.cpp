#include "sim/workload/translation.h"

#include <algorithm>
#include <optional>

namespace sim::workload {

std::uint64_t kept_weights(const Operator& op) {
  return op.mask ? op.mask->count() : op.expected_weights;
}

std::uint32_t source_vocabulary(const Model& model) {
  std::optional<std::uint32_t> least;
  for (const Operator& op : model.operators) {
    if (op.kind != OperatorKind::kEmbedding || op.inputs[0] != kSourceTokens) continue;
    const auto tokens = static_cast<std::uint32_t>(op.values.weight.size() / op.rows);
    least = std::min(least.value_or(tokens), tokens);
  }
  return least.value_or(0) > 0 ? *least : model.shape.vocabulary;
}

}  // namespace sim::workload
