#include "sim/workload/trace_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/workload/trace_weights.h"

namespace sim::workload {
namespace {

constexpr std::uint32_t kMaxShift = 62;
constexpr std::uint32_t kMaxMultiplier = std::numeric_limits<std::int32_t>::max();
constexpr std::uint32_t kMaxEmbeddingMultiplier = (1 << 24) - 1;
constexpr std::uint32_t kMaxNormMultiplier = (1 << 16) - 1;
constexpr std::int32_t kGammaBound = 1 << 24;
constexpr std::size_t kSoftmaxTableSize = 256;

std::uint32_t read_shift(JsonFields& fields) { return fields.integer32("shift", 1, kMaxShift); }

std::int32_t read_multiplier(JsonFields& fields, const char* name, std::uint32_t most) {
  return static_cast<std::int32_t>(fields.integer32(name, 0, most));
}

std::string at(const JsonFields& fields, const char* field) {
  return fields.where() + ": " + field;
}

/// Whether an operator has a row for each target token; the others have one for each source token.
bool has_target_rows(const Operator& op) { return op.phase == Phase::kDecoder; }

void check_width(const Operator& op, std::uint32_t heads, const JsonFields& fields) {
  if (op.rows % heads != 0) {
    fields.fail(
        fmt::format("heads is {}; must divide the {} features of {}", heads, op.rows, op.name));
  }
}

}  // namespace

void OperatorReader::read(Operator& op, JsonFields& fields) {
  switch (op.kind) {
    case OperatorKind::kEmbedding:
      read_embedding(op, fields);
      break;
    case OperatorKind::kLinear:
      read_linear(op, fields);
      break;
    case OperatorKind::kLogits:
      read_logits(op, fields);
      break;
    case OperatorKind::kAttentionScores:
      read_scores(op, fields);
      break;
    case OperatorKind::kSoftmax:
      read_softmax(op, fields);
      break;
    case OperatorKind::kAttentionValues:
      read_values(op, fields);
      break;
    case OperatorKind::kAddNorm:
      read_add_norm(op, fields);
      break;
  }
  fields.finish();
}

void OperatorReader::read_embedding(Operator& op, JsonFields& fields) {
  OperatorValues& v = op.values;
  const std::string& table = fields.text("table");
  const std::string where = at(fields, "table");
  const Shape shape = tensors_.shape(table, Dtype::kI8, 2, where);
  const std::uint64_t tokens = has_target_rows(op) ? shape_.vocabulary : shape[0];
  if (tokens > kMaxMatrixSide || shape[1] > kMaxFeatures) {
    fields.fail(fmt::format("table is {} x {}; at most {} tokens of {} features are allowed",
                            shape[0], shape[1], kMaxMatrixSide, kMaxFeatures));
  }
  op.rows = static_cast<std::uint32_t>(shape[1]);
  v.weight = tensors_.int8(table, {tokens, op.rows}, where);
  v.positions = tensors_.int8(fields.text("positions"), {shape_.max_tokens, op.rows},
                              at(fields, "positions"));
  v.x_multiplier = read_multiplier(fields, "token_multiplier", kMaxEmbeddingMultiplier);
  v.y_multiplier = read_multiplier(fields, "position_multiplier", kMaxEmbeddingMultiplier);
  v.shift = read_shift(fields);
}

void OperatorReader::read_linear(Operator& op, JsonFields& fields) {
  read_matrix(op, fields);
  op.relu = fields.flag("relu");
  if (op.rows > kMaxFeatures) {
    fields.fail(fmt::format("{} output features; at most {} are allowed", op.rows, kMaxFeatures));
  }
}

void OperatorReader::read_logits(Operator& op, JsonFields& fields) {
  read_matrix(op, fields);
  if (op.rows != shape_.vocabulary) {
    fields.fail(
        fmt::format("{} output features; must be the vocabulary's {}", op.rows, shape_.vocabulary));
  }
  check_logit_range(op.values, fields.where());
}

void OperatorReader::read_matrix(Operator& op, JsonFields& fields) {
  OperatorValues& v = op.values;
  const std::string& weight = fields.text("weight");
  const std::string where = at(fields, "weight");
  op.columns = input(op, 0).rows;
  const std::uint64_t rows = tensors_.shape(weight, Dtype::kI8, 2, where)[0];
  if (rows > kMaxMatrixSide) {
    fields.fail(fmt::format("weight has {} rows; at most {} are allowed", rows, kMaxMatrixSide));
  }
  op.rows = static_cast<std::uint32_t>(rows);
  v.weight = tensors_.int8(weight, {op.rows, op.columns}, where);
  v.bias = tensors_.int32(fields.text("bias"), {op.rows}, at(fields, "bias"));
  v.multipliers = tensors_.int32(fields.text("multiplier"), {op.rows}, at(fields, "multiplier"));
  v.shift = read_shift(fields);
  const auto negative = std::ranges::find_if(v.multipliers, [](std::int32_t m) { return m < 0; });
  if (negative != v.multipliers.end()) {
    fields.fail(fmt::format("multiplier of row {} is {}; must not be negative",
                            negative - v.multipliers.begin(), *negative));
  }
  op.mask = read_mask(op, fields);
  check_weights(v.weight, v.bias, *op.mask, fields.where());
}

std::shared_ptr<const Mask> OperatorReader::read_mask(const Operator& op, JsonFields& fields) {
  if (!fields.has("mask")) {
    auto& mask = masks_[fmt::format("{} x {}", op.rows, op.columns)];
    if (!mask) mask = std::make_shared<const Mask>(Mask::full(op.rows, op.columns));
    return mask;
  }
  const std::string& name = fields.name("mask");
  const Shape packed{op.rows, (op.columns + 7) / 8};
  const auto bytes = tensors_.uint8(name, packed, at(fields, "mask"));
  auto& mask = masks_[fmt::format("{} of {} columns", name, op.columns)];
  if (!mask) {
    mask = std::make_shared<const Mask>(unpack_mask(bytes, op.rows, op.columns, fields.where()));
  }
  return mask;
}

void OperatorReader::read_scores(Operator& op, JsonFields& fields) {
  const Operator& q = input(op, 0);
  const Operator& k = input(op, 1);
  op.heads = fields.integer32("heads", 1, kMaxFeatures);
  op.values.multiplier = read_multiplier(fields, "multiplier", kMaxMultiplier);
  op.values.shift = read_shift(fields);
  op.causal = fields.flag("causal");
  check_width(q, op.heads, fields);
  if (q.rows != k.rows) {
    fields.fail(fmt::format("{} has {} features, {} has {}; must be equal", q.name, q.rows, k.name,
                            k.rows));
  }
  check_causal(op, fields);
}

/// A decoder decodes step by step: a token sees itself and earlier ones, and the whole source.
void OperatorReader::check_causal(const Operator& op, const JsonFields& fields) const {
  if (!has_target_rows(op)) return;
  const Operator& k = input(op, 1);
  if (op.causal == has_target_rows(k)) return;
  fields.fail(fmt::format("causal is {}; must be {} for keys of {} tokens", op.causal, !op.causal,
                          has_target_rows(k) ? "target" : "source"));
}

void OperatorReader::read_softmax(Operator& op, JsonFields& fields) {
  const Operator& scores = input(op, 0);
  op.heads = scores.heads;
  op.causal = scores.causal;
  const std::string where = at(fields, "table");
  op.values.table = tensors_.uint16(fields.text("table"), {kSoftmaxTableSize}, where);
  if (op.values.table[0] != std::numeric_limits<std::uint16_t>::max()) {
    fields.fail(fmt::format("table starts with {}; must start with 65535", op.values.table[0]));
  }
  const auto rise = std::ranges::adjacent_find(op.values.table, std::less{});
  if (rise != op.values.table.end()) {
    fields.fail(
        fmt::format("table rises after entry {}; must never rise", rise - op.values.table.begin()));
  }
}

void OperatorReader::read_values(Operator& op, JsonFields& fields) {
  const Operator& p = input(op, 0);
  const Operator& v = input(op, 1);
  const Operator& keys = earlier_[earlier_[p.inputs[0]].inputs[1]];
  op.heads = fields.integer32("heads", 1, kMaxFeatures);
  op.causal = p.causal;
  op.values.multiplier = read_multiplier(fields, "multiplier", kMaxMultiplier);
  op.values.shift = read_shift(fields);
  if (op.heads != p.heads) {
    fields.fail(fmt::format("heads is {}; must be {} as in {}", op.heads, p.heads, p.name));
  }
  check_width(v, op.heads, fields);
  if (has_target_rows(v) != has_target_rows(keys)) {
    fields.fail(
        fmt::format("values {} and keys {} are of different sentences; both must be of the "
                    "source or of the target",
                    v.name, keys.name));
  }
  op.rows = v.rows;
}

void OperatorReader::read_add_norm(Operator& op, JsonFields& fields) {
  OperatorValues& v = op.values;
  const Operator& x = input(op, 0);
  const Operator& y = input(op, 1);
  if (x.rows != y.rows) {
    fields.fail(fmt::format("{} has {} features, {} has {}; must be equal", x.name, x.rows, y.name,
                            y.rows));
  }
  op.rows = x.rows;
  v.gamma = tensors_.int32(fields.text("gamma"), {op.rows}, at(fields, "gamma"));
  v.beta = tensors_.int32(fields.text("beta"), {op.rows}, at(fields, "beta"));
  v.x_multiplier = read_multiplier(fields, "x_multiplier", kMaxNormMultiplier);
  v.y_multiplier = read_multiplier(fields, "y_multiplier", kMaxNormMultiplier);
  v.shift = read_shift(fields);
  for (std::size_t c = 0; c < op.rows; ++c) {
    if (v.gamma[c] <= -kGammaBound || v.gamma[c] >= kGammaBound) {
      fields.fail(fmt::format("gamma of feature {} is {}; its magnitude must be below 2^24", c,
                              v.gamma[c]));
    }
    if (v.beta[c] == std::numeric_limits<std::int32_t>::min()) {
      fields.fail(fmt::format("beta of feature {} is -2^31; its magnitude must be below 2^31", c));
    }
  }
}

}  // namespace sim::workload
