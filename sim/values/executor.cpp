#include "sim/values/executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/check.h"
#include "sim/values/kernels.h"
#include "sim/values/limits.h"

namespace sim::values {
namespace {

using workload::Network;
using workload::Operator;
using workload::OperatorKind;
using workload::Phase;

/// For each attention operator the one whose rows are its keys; others: themselves.
std::vector<std::uint32_t> find_keys(const Network& model) {
  std::vector<std::uint32_t> keys;
  for (std::uint32_t i = 0; i < model.operators.size(); ++i) {
    const Operator& op = model.operators[i];
    const bool follows =
        op.kind() == OperatorKind::kSoftmax || op.kind() == OperatorKind::kAttentionValues;
    keys.push_back(op.kind() == OperatorKind::kAttentionScores ? op.inputs[1]
                   : follows                                   ? keys[op.inputs[0]]
                                                               : i);
  }
  return keys;
}

bool is_attention_matrix(const Operator& op) {
  return op.kind() == OperatorKind::kAttentionScores || op.kind() == OperatorKind::kSoftmax;
}

Rescale rescale_of(const workload::Weights& weights) {
  return {.shift = weights.shift, .low = static_cast<std::int8_t>(weights.relu ? 0 : -128)};
}

}  // namespace

Executor::Executor(const Network& model)
    : model_(model),
      source_vocabulary_(workload::source_vocabulary(model)),
      keys_of_(find_keys(model)),
      rows_(model.operators.size()) {
  check_computable(model);
  std::uint32_t widest = model.limits.max_tokens;
  for (const Operator& op : model.operators)
    widest = std::max({widest, op.features(), op.columns()});
  wide_.resize(widest);
  sums_.resize(widest);
  exponentials_.resize(model.limits.max_tokens);
}

void Executor::check_token(std::int32_t token, std::uint32_t vocabulary, const char* what) {
  if (token >= 0 && static_cast<std::uint32_t>(token) < vocabulary) return;
  throw base::WorkloadError(fmt::format("{} token {} is outside of the vocabulary (0 … {})", what,
                                        token, static_cast<std::int64_t>(vocabulary) - 1));
}

void Executor::begin(std::span<const std::int32_t> source, std::uint32_t max_target_tokens) {
  const std::uint32_t limit = model_.limits.max_tokens;
  if (source.empty() || source.size() > limit) {
    throw base::WorkloadError(fmt::format("a sentence of {} tokens; model '{}' takes 1 … {}",
                                          source.size(), model_.name, limit));
  }
  if (max_target_tokens < 1 || max_target_tokens > limit) {
    throw base::WorkloadError(fmt::format("a limit of {} target tokens; model '{}' takes 1 … {}",
                                          max_target_tokens, model_.name, limit));
  }
  for (const std::int32_t token : source) check_token(token, source_vocabulary_, "source");
  source_.assign(source.begin(), source.end());
  target_.clear();
  for (std::uint32_t op = 0; op < rows_.size(); ++op) reserve(op, max_target_tokens);
}

void Executor::reserve(std::uint32_t i, std::uint32_t max_target_tokens) {
  const Operator& op = model_.operators[i];
  const auto length = [&](std::uint32_t of) {
    return model_.operators[of].phase == Phase::kDecoder ? max_target_tokens
                                                         : tokens(Phase::kEncoder);
  };
  Rows& rows = rows_[i];
  rows.stride =
      is_attention_matrix(op) ? std::size_t{op.heads()} * length(keys_of_[i]) : op.features();
  const std::size_t size = length(i) * rows.stride;
  if (op.kind() == OperatorKind::kLogits) {
    rows.int32.resize(std::max(size, rows.int32.size()));
  } else {
    rows.int8.resize(std::max(size, rows.int8.size()));
  }
}

void Executor::append_target(std::int32_t token) {
  check_token(token, model_.limits.vocabulary, "target");
  target_.push_back(token);
}

std::uint32_t Executor::tokens(Phase phase) const {
  return static_cast<std::uint32_t>(phase == Phase::kDecoder ? target_.size() : source_.size());
}

std::uint32_t Executor::keys(std::uint32_t op) const {
  return tokens(model_.operators[keys_of_[op]].phase);
}

std::uint32_t Executor::existing_keys(std::uint32_t op, std::uint32_t r) const {
  return model_.operators[op].causal() ? std::min(r + 1, keys(op)) : keys(op);
}

std::int8_t* Executor::row(std::uint32_t op, std::uint32_t r) {
  return rows_[op].int8.data() + r * rows_[op].stride;
}

const std::int8_t* Executor::row(std::uint32_t op, std::uint32_t r) const {
  return rows_[op].int8.data() + r * rows_[op].stride;
}

std::size_t Executor::key_stride(std::uint32_t op) const {
  return rows_[op].stride / model_.operators[op].heads();
}

void Executor::compute(std::uint32_t op, std::uint32_t first, std::uint32_t last) {
  const auto each = [&](void (Executor::*one)(std::uint32_t, std::uint32_t)) {
    for (std::uint32_t r = first; r < last; ++r) (this->*one)(op, r);
  };
  switch (model_.operators[op].kind()) {
    case OperatorKind::kEmbedding:
      return each(&Executor::embed);
    case OperatorKind::kLinear:
    case OperatorKind::kLogits:
      return each(&Executor::multiply);
    case OperatorKind::kAttentionScores:
      return each(&Executor::score);
    case OperatorKind::kSoftmax:
      return each(&Executor::soften);
    case OperatorKind::kAttentionValues:
      return each(&Executor::weigh);
    case OperatorKind::kNorm:
      return each(&Executor::normalise);
    default:
      SIM_CHECK(false, "operator {} is of a kind that is not computed", model_.operators[op].name);
  }
}

void Executor::embed(std::uint32_t i, std::uint32_t r) {
  const Operator& op = model_.operators[i];
  const auto& e = op.as<workload::Embedding>();
  const auto& tokens = op.inputs[0] == workload::kSourceTokens ? source_ : target_;
  const auto token = static_cast<std::size_t>(tokens[r]);
  embed_row(e.table.data() + token * e.features, e.positions.data() + std::size_t{r} * e.features,
            e.token_multiplier, e.position_multiplier, e.features, e.shift, row(i, r));
}

void Executor::multiply(std::uint32_t i, std::uint32_t r) {
  const Operator& op = model_.operators[i];
  const workload::Weights& w = *op.weights();
  widen(row(op.inputs[0], r), w.inputs, wide_.data());
  dot_rows({w.weight.data(), w.inputs, w.outputs, w.inputs}, wide_.data(), sums_.data());
  add_bias(w.bias.data(), w.outputs, sums_.data());
  if (op.kind() == OperatorKind::kLogits) {
    std::int32_t* y = rows_[i].int32.data() + r * rows_[i].stride;
    rescale_logits(sums_.data(), w.multipliers.data(), w.outputs, w.shift, y);
  } else {
    rescale_each(sums_.data(), w.multipliers.data(), w.outputs, rescale_of(w), row(i, r));
  }
}

void Executor::score(std::uint32_t i, std::uint32_t r) {
  const Operator& op = model_.operators[i];
  const auto& a = op.as<workload::AttentionScores>();
  const std::uint32_t d = model_.operators[op.inputs[0]].features();
  const std::uint32_t dk = d / a.heads;
  const std::uint32_t count = existing_keys(i, r);
  widen(row(op.inputs[0], r), d, wide_.data());
  for (std::uint32_t h = 0; h < a.heads; ++h) {
    const std::size_t offset = std::size_t{h} * dk;
    const MatrixView k{row(op.inputs[1], 0) + offset, d, count, dk};
    dot_rows(k, wide_.data() + offset, sums_.data());
    rescale_all(sums_.data(), a.multiplier, count, {a.shift, -128}, row(i, r) + h * key_stride(i));
  }
}

void Executor::soften(std::uint32_t i, std::uint32_t r) {
  const Operator& op = model_.operators[i];
  const auto& s = op.as<workload::Softmax>();
  for (std::uint32_t h = 0; h < s.heads; ++h) {
    const std::size_t offset = h * key_stride(i);
    softmax_row(s.table.data(), row(op.inputs[0], r) + offset, existing_keys(i, r),
                exponentials_.data(), row(i, r) + offset);
  }
}

void Executor::weigh(std::uint32_t i, std::uint32_t r) {
  const Operator& op = model_.operators[i];
  const auto& a = op.as<workload::AttentionValues>();
  const std::uint32_t d = op.features();
  const std::uint32_t dv = d / a.heads;
  const std::uint32_t p = op.inputs[0];
  for (std::uint32_t h = 0; h < a.heads; ++h) {
    const std::size_t offset = std::size_t{h} * dv;
    const MatrixView v{row(op.inputs[1], 0) + offset, d, existing_keys(p, r), dv};
    weighted_sum(v, row(p, r) + h * key_stride(p), sums_.data() + offset);
  }
  rescale_all(sums_.data(), a.multiplier, d, {a.shift, -128}, row(i, r));
}

void Executor::normalise(std::uint32_t i, std::uint32_t r) {
  const Operator& op = model_.operators[i];
  const auto& n = op.as<workload::Norm>();
  add_norm_row({n.x_multiplier, n.y_multiplier, n.shift, n.gamma.data(), n.beta.data()},
               row(op.inputs[0], r), row(op.inputs[1], r), op.features(), sums_.data(), row(i, r));
}

std::span<const std::int32_t> Executor::logits(std::uint32_t op, std::uint32_t r) const {
  return {rows_[op].int32.data() + r * rows_[op].stride, rows_[op].stride};
}

Output Executor::output(std::uint32_t i) const {
  const Operator& op = model_.operators[i];
  const std::uint32_t length = tokens(op.phase);
  Output out{.op = i, .int8 = {}, .int32 = {}};
  if (op.kind() == OperatorKind::kLogits) {
    out.int32 = reference::Int32Tensor({length, op.features()});
    std::copy_n(rows_[i].int32.data(), out.int32.data.size(), out.int32.data.data());
  } else if (is_attention_matrix(op)) {
    out.int8 = reference::Int8Tensor({op.heads(), length, keys(i)});
    for (std::uint32_t h = 0; h < op.heads(); ++h) {
      for (std::uint32_t r = 0; r < length; ++r) {
        std::copy_n(row(i, r) + h * key_stride(i), existing_keys(i, r), &out.int8.at(h, r, 0));
      }
    }
  } else {
    out.int8 = reference::Int8Tensor({length, op.features()});
    std::copy_n(row(i, 0), out.int8.data.size(), out.int8.data.data());
  }
  return out;
}

}  // namespace sim::values
