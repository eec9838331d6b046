#include "sim/values/translator.h"

#include "sim/values/kernels.h"

namespace sim::values {

using workload::NetworkKind;
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

Translation Translator::run(const workload::Sample& sample, std::span<const std::uint32_t> wanted) {
  Translation out;
  switch (model_.kind) {
    case NetworkKind::kEncoderDecoder:
      return translate(sample.source, sample.max_target_tokens, wanted);
    case NetworkKind::kDecoder:
      out = generate(sample.source, sample.max_target_tokens);
      break;
    case NetworkKind::kEncoder:
      executor_.begin(sample.source, 0);
      run(Phase::kEncoder, out.macs);
      break;
    case NetworkKind::kFeedForward:
      executor_.begin(sample.inputs);
      run(Phase::kEncoder, out.macs);
      break;
  }
  out.outputs = outputs(wanted);
  return out;
}

Translation Translator::translate(std::span<const std::int32_t> source,
                                  std::uint32_t max_target_tokens,
                                  std::span<const std::uint32_t> wanted) {
  Translation out;
  executor_.begin(source, max_target_tokens);
  done_ = 0;
  run(Phase::kEncoder, out.macs);
  executor_.append_target(static_cast<std::int32_t>(model_.limits.bos));
  decode(max_target_tokens, out);
  out.outputs = outputs(wanted);
  return out;
}

Translation Translator::generate(std::span<const std::int32_t> prompt,
                                 std::uint32_t max_new_tokens) {
  Translation out;
  const auto length = static_cast<std::uint32_t>(prompt.size());
  executor_.begin({}, length + max_new_tokens - 1);
  done_ = 0;
  for (const std::int32_t token : prompt) executor_.append_target(token);
  decode(max_new_tokens, out);
  // What decoding needs not, but a whole output has.
  if (length > 1) executor_.compute(logits_, 0, length - 1);
  return out;
}

void Translator::decode(std::uint32_t max_new_tokens, Translation& out) {
  for (;;) {
    const std::int32_t token = step(out.macs);
    out.tokens.push_back(token);
    const bool ends = static_cast<std::uint32_t>(token) == model_.limits.eos;
    if (ends || out.steps() == max_new_tokens) return;
    executor_.append_target(token);
  }
}

std::vector<Output> Translator::outputs(std::span<const std::uint32_t> wanted) {
  std::vector<Output> all;
  for (const std::uint32_t op : wanted) all.push_back(executor_.output(op));
  return all;
}

std::int32_t Translator::step(PhaseMacs& macs) {
  const std::uint32_t position = executor_.target_tokens() - 1;
  const bool cross_each_step = !decoding_.skip_redundant && !decoding_.cross_kv_once;
  if (done_ == 0 || cross_each_step) run(Phase::kCross, macs);
  run(Phase::kDecoder, macs);
  done_ = position + 1;
  const std::span<const std::int32_t> y = executor_.logits(logits_, position);
  return static_cast<std::int32_t>(arg_max(y.data(), static_cast<std::uint32_t>(y.size())));
}

void Translator::run(Phase phase, PhaseMacs& macs) {
  for (std::uint32_t i = 0; i < model_.operators.size(); ++i) {
    const Operator& op = model_.operators[i];
    if (op.phase != phase) continue;
    const std::uint32_t first = first_row(op);
    const std::uint32_t last = executor_.rows(i);
    if (first == last) continue;  // never changes, and was made in the first step
    executor_.compute(i, first, last);
    count(i, first, last, macs[phase]);
  }
}

std::uint32_t Translator::first_row(const Operator& op) const {
  if (op.shape.rows != workload::OutputShape::Rows::kTarget) {
    const bool made = op.phase == Phase::kDecoder && done_ > 0 && decoding_.skip_redundant;
    return made ? executor_.rows(static_cast<std::uint32_t>(&op - &model_.operators[0])) : 0;
  }
  const bool all_logits = decoding_.project_all_positions && !decoding_.skip_redundant;
  if (op.kind() == OperatorKind::kLogits && !all_logits) return executor_.target_tokens() - 1;
  return decoding_.skip_redundant ? done_ : 0;
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
    case OperatorKind::kConv2d: {
      const std::uint64_t pixels = std::uint64_t{op.shape.height} * op.shape.width;
      macs.weights += pixels * op.features() * op.columns();
      macs.kept_weights += pixels * kept_weights_[i];
      return;
    }
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
  const bool seen_only = decoding_.masked_scores || last - first == 1;
  std::uint64_t keys = 0;
  for (std::uint32_t r = first; r < last; ++r) {
    keys += seen_only ? executor_.seen_keys(op, r) : executor_.keys(op);
  }
  return keys * features;
}

}  // namespace sim::values
