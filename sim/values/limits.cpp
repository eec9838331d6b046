#include "sim/values/limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"

namespace sim::values {
namespace {

using workload::Network;
using workload::Operator;
using workload::OperatorKind;

constexpr std::uint32_t kMaxTokens = 65536;        // softmax adds exponentials in 32 bits
constexpr std::uint32_t kMaxFeatures = 65536;      // attention adds products in 32 bits
constexpr std::uint32_t kMaxNormFeatures = 16384;  // norm adds squares in 64 bits

std::uint32_t most_features(OperatorKind kind) {
  return kind == OperatorKind::kNorm ? kMaxNormFeatures : kMaxFeatures;
}

void check_sizes(const Network& model) {
  if (model.limits.max_tokens > kMaxTokens) {
    throw base::WorkloadError(fmt::format("model '{}' allows {} tokens; at most {} can be computed",
                                          model.name, model.limits.max_tokens, kMaxTokens));
  }
  for (const Operator& op : model.operators) {
    const std::uint32_t most = most_features(op.kind());
    if (op.kind() != OperatorKind::kLogits && op.features() > most) {
      throw base::WorkloadError(
          fmt::format("operator '{}' has {} features; at most {} can be computed", op.name,
                      op.features(), most));
    }
  }
}

}  // namespace

void check_computable(const Network& model) {
  if (!model.has_values) {
    throw base::WorkloadError(
        fmt::format("model '{}' states shapes only; its values cannot be computed", model.name));
  }
  check_sizes(model);
  const bool chooses = workload::chooses_tokens(model.kind);
  if (!chooses) return;
  const auto projections =
      std::ranges::count(model.operators, OperatorKind::kLogits, &Operator::kind);
  if (projections != 1) {
    throw base::WorkloadError(fmt::format(
        "model '{}' has {} output projections; decoding needs one", model.name, projections));
  }
}

}  // namespace sim::values
