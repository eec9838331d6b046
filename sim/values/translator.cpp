#include "sim/values/translator.h"

#include "sim/values/kernels.h"

namespace sim::values {

using workload::Operator;
using workload::OperatorKind;
using workload::Phase;

Translator::Translator(const workload::Network& model, const Decoding& decoding)
    : model_(model), decoding_(decoding), executor_(model) {
  for (std::uint32_t i = 0; i < model.operators.size(); ++i) {
    const Operator& op = model.operators[i];
    if (op.kind() == OperatorKind::kLogits) logits_ = i;
    kept_weights_.push_back(op.mask ? op.mask->count() : 0);
  }
}

Translation Translator::translate(std::span<const std::int32_t> source,
                                  std::uint32_t max_target_tokens,
                                  std::span<const std::uint32_t> wanted) {
  Translation out;
  executor_.begin(source, max_target_tokens);
  run(Phase::kEncoder, out.macs);
  auto token = static_cast<std::int32_t>(model_.limits.bos);
  do {
    executor_.append_target(token);
    token = step(out.macs);
    out.tokens.push_back(token);
  } while (out.steps() < max_target_tokens &&
           static_cast<std::uint32_t>(token) != model_.limits.eos);
  for (const std::uint32_t op : wanted) out.outputs.push_back(executor_.output(op));
  return out;
}

std::int32_t Translator::step(PhaseMacs& macs) {
  const std::uint32_t position = executor_.tokens(Phase::kDecoder) - 1;
  const bool cross_each_step = !decoding_.skip_redundant && !decoding_.cross_kv_once;
  if (position == 0 || cross_each_step) run(Phase::kCross, macs);
  run(Phase::kDecoder, macs);
  const std::span<const std::int32_t> y = executor_.logits(logits_, position);
  return static_cast<std::int32_t>(arg_max(y.data(), static_cast<std::uint32_t>(y.size())));
}

void Translator::run(Phase phase, PhaseMacs& macs) {
  const std::uint32_t last = executor_.tokens(phase);
  for (std::uint32_t i = 0; i < model_.operators.size(); ++i) {
    const Operator& op = model_.operators[i];
    if (op.phase != phase) continue;
    const std::uint32_t first = first_row(op);
    executor_.compute(i, first, last);
    count(i, first, last, macs[phase]);
  }
}

std::uint32_t Translator::first_row(const Operator& op) const {
  if (op.phase != Phase::kDecoder) return 0;
  const bool newest_only = op.kind() == OperatorKind::kLogits
                               ? decoding_.skip_redundant || !decoding_.project_all_positions
                               : decoding_.skip_redundant;
  return newest_only ? executor_.tokens(Phase::kDecoder) - 1 : 0;
}

void Translator::count(std::uint32_t i, std::uint32_t first, std::uint32_t last,
                       MacCounts& macs) const {
  const Operator& op = model_.operators[i];
  switch (op.kind()) {
    case OperatorKind::kLinear:
    case OperatorKind::kLogits:
      macs.weights += std::uint64_t{last - first} * op.features() * op.columns();
      macs.kept_weights += (last - first) * kept_weights_[i];
      return;
    case OperatorKind::kAttentionScores:
      macs.scores += attention_macs(i, first, last, model_.operators[op.inputs[0]].features());
      return;
    case OperatorKind::kAttentionValues:
      macs.values += attention_macs(i, first, last, op.features());
      return;
    default:
      return;
  }
}

std::uint64_t Translator::attention_macs(std::uint32_t op, std::uint32_t first, std::uint32_t last,
                                         std::uint32_t features) const {
  std::uint64_t keys = 0;
  for (std::uint32_t r = first; r < last; ++r) {
    keys += decoding_.masked_scores ? executor_.existing_keys(op, r) : executor_.keys(op);
  }
  return keys * features;
}

}  // namespace sim::values
