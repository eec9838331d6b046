#include "sim/workload/kinds/network/counts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <vector>

namespace sim::workload::network {
namespace {

/// Or pixels.
std::uint64_t rows_of(const Network& network, const Operator& op, const Sample& sample) {
  if (op.shape.is_map()) return std::uint64_t{op.shape.height} * op.shape.width;
  return positions_of(network, op, sample);
}

/// Pairs of a query and a key that it sees.
std::uint64_t seen(std::uint64_t queries, std::uint64_t keys, const AttentionMask& mask) {
  // Rows see themselves and `reach` others on a side, as far as there are any.
  const std::uint64_t reach = std::min<std::uint64_t>(mask.window.value_or(keys), keys) - 1;
  if (!mask.causal && !mask.window) return queries * keys;
  const std::uint64_t before = reach * queries - reach * (reach + 1) / 2;
  return queries + (mask.causal ? before : 2 * before);
}

std::uint64_t macs_of(const Network& network, const Operator& op, const Sample& sample) {
  const std::uint64_t rows = rows_of(network, op, sample);
  if (const Weights* w = op.weights()) {
    const bool chooses =
        op.kind() == OperatorKind::kLogits && network.kind == NetworkKind::kDecoder;
    return (chooses ? sample.target_tokens : rows) * w->outputs * w->inputs;
  }
  const bool values = op.kind() == OperatorKind::kAttentionValues;
  if (!values && op.kind() != OperatorKind::kAttentionScores) return 0;
  const auto input = [&](const Operator& of, std::size_t i) -> const Operator& {
    return network.operators[of.inputs[i]];
  };
  const Operator& scores = values ? input(input(op, 0), 0) : op;
  const std::uint64_t keys = rows_of(network, input(scores, 1), sample);
  const std::uint64_t features = values ? op.features() : input(op, 0).features();
  return seen(rows, keys, scores.as<AttentionScores>().mask) * features;
}

std::uint64_t parameters_of(const Network& network, const Operator& op) {
  if (const Weights* w = op.weights()) return std::uint64_t{w->outputs} * (w->inputs + 1);
  const std::uint64_t features = op.features();
  if (op.kind() == OperatorKind::kNorm) return 2 * features;
  if (op.kind() != OperatorKind::kEmbedding) return 0;
  const auto& e = op.as<Embedding>();
  return (e.pieces + (e.has_positions ? network.limits.max_tokens : 0)) * features;
}

}  // namespace

std::uint64_t parameters(const Network& network) {
  std::uint64_t sum = 0;
  for (const Operator& op : network.operators) sum += parameters_of(network, op);
  return sum;
}

std::uint64_t macs(const Network& network, const Sample& sample) {
  std::uint64_t sum = 0;
  for (const Operator& op : network.operators) sum += macs_of(network, op, sample);
  return sum;
}

std::string operators_in_words(const Network& network) {
  std::map<OperatorKind, std::uint32_t> counts;
  for (const Operator& op : network.operators) ++counts[op.kind()];
  counts.erase(OperatorKind::kInput);
  std::vector<std::pair<OperatorKind, std::uint32_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{}, [](const auto& c) { return c.second; });
  std::vector<std::string> words;
  for (const auto& [kind, count] : sorted)
    words.push_back(fmt::format("{} {}", count, name_of(kind)));
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace sim::workload::network
