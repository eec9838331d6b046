#include "sim/workload/trace_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/base/check.h"
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
  if (op.features() % heads != 0) {
    fields.fail(fmt::format("heads is {}; must divide the {} features of {}", heads, op.features(),
                            op.name));
  }
}

}  // namespace

void OperatorReader::read(Operator& op, JsonFields& fields) {
  switch (op.kind()) {
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
    case OperatorKind::kNorm:
      read_norm(op, fields);
      break;
    default:
      SIM_CHECK(false, "operator {} is of a kind that no schema has", op.name);
  }
  fields.finish();
}

void OperatorReader::read_embedding(Operator& op, JsonFields& fields) {
  auto& e = op.as<Embedding>();
  const std::string& table = fields.text("table");
  const std::string where = at(fields, "table");
  const Shape shape = tensors_.shape(table, Dtype::kI8, 2, where);
  const std::uint64_t pieces = has_target_rows(op) ? limits_.vocabulary : shape[0];
  if (pieces > kMaxMatrixSide || shape[1] > kMaxFeatures) {
    fields.fail(fmt::format("table is {} x {}; at most {} tokens of {} features are allowed",
                            shape[0], shape[1], kMaxMatrixSide, kMaxFeatures));
  }
  e.pieces = static_cast<std::uint32_t>(pieces);
  e.features = static_cast<std::uint32_t>(shape[1]);
  e.table = tensors_.int8(table, {pieces, e.features}, where);
  e.has_positions = true;
  e.positions = tensors_.int8(fields.text("positions"), {limits_.max_tokens, e.features},
                              at(fields, "positions"));
  e.token_multiplier = read_multiplier(fields, "token_multiplier", kMaxEmbeddingMultiplier);
  e.position_multiplier = read_multiplier(fields, "position_multiplier", kMaxEmbeddingMultiplier);
  e.shift = read_shift(fields);
  op.shape = OutputShape::of_phase(op.phase, e.features);
}

void OperatorReader::read_linear(Operator& op, JsonFields& fields) {
  Weights& w = op.as<Linear>().weights;
  read_matrix(op, w, fields);
  w.relu = fields.flag("relu");
  if (w.outputs > kMaxFeatures) {
    fields.fail(fmt::format("{} output features; at most {} are allowed", w.outputs, kMaxFeatures));
  }
}

void OperatorReader::read_logits(Operator& op, JsonFields& fields) {
  Weights& w = op.as<Logits>().weights;
  read_matrix(op, w, fields);
  if (w.outputs != limits_.vocabulary) {
    fields.fail(fmt::format("{} output features; must be the vocabulary's {}", w.outputs,
                            limits_.vocabulary));
  }
  check_logit_range(w, fields.where());
}

void OperatorReader::read_matrix(Operator& op, Weights& w, JsonFields& fields) {
  const std::string& weight = fields.text("weight");
  const std::string where = at(fields, "weight");
  w.inputs = input(op, 0).features();
  const std::uint64_t rows = tensors_.shape(weight, Dtype::kI8, 2, where)[0];
  if (rows > kMaxMatrixSide) {
    fields.fail(fmt::format("weight has {} rows; at most {} are allowed", rows, kMaxMatrixSide));
  }
  w.outputs = static_cast<std::uint32_t>(rows);
  w.weight = tensors_.int8(weight, {w.outputs, w.inputs}, where);
  w.bias = tensors_.int32(fields.text("bias"), {w.outputs}, at(fields, "bias"));
  w.multipliers = tensors_.int32(fields.text("multiplier"), {w.outputs}, at(fields, "multiplier"));
  w.shift = read_shift(fields);
  const auto negative = std::ranges::find_if(w.multipliers, [](std::int32_t m) { return m < 0; });
  if (negative != w.multipliers.end()) {
    fields.fail(fmt::format("multiplier of row {} is {}; must not be negative",
                            negative - w.multipliers.begin(), *negative));
  }
  op.mask = read_mask(w, fields);
  check_weights(w.weight, w.bias, *op.mask, fields.where());
  op.shape = OutputShape::of_phase(op.phase, w.outputs);
}

std::shared_ptr<const Mask> OperatorReader::read_mask(const Weights& w, JsonFields& fields) {
  if (!fields.has("mask")) {
    auto& mask = masks_[fmt::format("{} x {}", w.outputs, w.inputs)];
    if (!mask) mask = std::make_shared<const Mask>(Mask::full(w.outputs, w.inputs));
    return mask;
  }
  const std::string& name = fields.name("mask");
  const Shape packed{w.outputs, (w.inputs + 7) / 8};
  const auto bytes = tensors_.uint8(name, packed, at(fields, "mask"));
  auto& mask = masks_[fmt::format("{} of {} columns", name, w.inputs)];
  if (!mask) {
    mask = std::make_shared<const Mask>(unpack_mask(bytes, w.outputs, w.inputs, fields.where()));
  }
  return mask;
}

void OperatorReader::read_scores(Operator& op, JsonFields& fields) {
  auto& a = op.as<AttentionScores>();
  const Operator& q = input(op, 0);
  const Operator& k = input(op, 1);
  a.heads = a.kv_heads = fields.integer32("heads", 1, kMaxFeatures);
  a.multiplier = read_multiplier(fields, "multiplier", kMaxMultiplier);
  a.shift = read_shift(fields);
  a.mask.causal = fields.flag("causal");
  check_width(q, a.heads, fields);
  if (q.features() != k.features()) {
    fields.fail(fmt::format("{} has {} features, {} has {}; must be equal", q.name, q.features(),
                            k.name, k.features()));
  }
  check_causal(op, fields);
  op.shape = OutputShape::of_phase(op.phase, 0);
}

/// A decoder decodes step by step: a token sees itself and earlier ones, and the whole source.
void OperatorReader::check_causal(const Operator& op, const JsonFields& fields) const {
  if (!has_target_rows(op)) return;
  const Operator& k = input(op, 1);
  if (op.causal() == has_target_rows(k)) return;
  fields.fail(fmt::format("causal is {}; must be {} for keys of {} tokens", op.causal(),
                          !op.causal(), has_target_rows(k) ? "target" : "source"));
}

void OperatorReader::read_softmax(Operator& op, JsonFields& fields) {
  auto& s = op.as<Softmax>();
  const auto& scores = input(op, 0).as<AttentionScores>();
  s.heads = scores.heads;
  s.mask = scores.mask;
  const std::string where = at(fields, "table");
  s.table = tensors_.uint16(fields.text("table"), {kSoftmaxTableSize}, where);
  if (s.table[0] != std::numeric_limits<std::uint16_t>::max()) {
    fields.fail(fmt::format("table starts with {}; must start with 65535", s.table[0]));
  }
  const auto rise = std::ranges::adjacent_find(s.table, std::less{});
  if (rise != s.table.end()) {
    fields.fail(fmt::format("table rises after entry {}; must never rise", rise - s.table.begin()));
  }
  op.shape = OutputShape::of_phase(op.phase, 0);
}

void OperatorReader::read_values(Operator& op, JsonFields& fields) {
  auto& a = op.as<AttentionValues>();
  const Operator& p = input(op, 0);
  const Operator& v = input(op, 1);
  const Operator& keys = earlier_[earlier_[p.inputs[0]].inputs[1]];
  a.heads = a.kv_heads = fields.integer32("heads", 1, kMaxFeatures);
  a.mask = p.as<Softmax>().mask;
  a.multiplier = read_multiplier(fields, "multiplier", kMaxMultiplier);
  a.shift = read_shift(fields);
  if (a.heads != p.heads()) {
    fields.fail(fmt::format("heads is {}; must be {} as in {}", a.heads, p.heads(), p.name));
  }
  check_width(v, a.heads, fields);
  if (has_target_rows(v) != has_target_rows(keys)) {
    fields.fail(
        fmt::format("values {} and keys {} are of different sentences; both must be of the "
                    "source or of the target",
                    v.name, keys.name));
  }
  op.shape = OutputShape::of_phase(op.phase, v.features());
}

void OperatorReader::read_norm(Operator& op, JsonFields& fields) {
  auto& n = op.as<Norm>();
  const Operator& x = input(op, 0);
  const Operator& y = input(op, 1);
  if (x.features() != y.features()) {
    fields.fail(fmt::format("{} has {} features, {} has {}; must be equal", x.name, x.features(),
                            y.name, y.features()));
  }
  const std::uint32_t features = x.features();
  n.gamma = tensors_.int32(fields.text("gamma"), {features}, at(fields, "gamma"));
  n.beta = tensors_.int32(fields.text("beta"), {features}, at(fields, "beta"));
  n.x_multiplier = read_multiplier(fields, "x_multiplier", kMaxNormMultiplier);
  n.y_multiplier = read_multiplier(fields, "y_multiplier", kMaxNormMultiplier);
  n.shift = read_shift(fields);
  for (std::size_t c = 0; c < features; ++c) {
    if (n.gamma[c] <= -kGammaBound || n.gamma[c] >= kGammaBound) {
      fields.fail(fmt::format("gamma of feature {} is {}; its magnitude must be below 2^24", c,
                              n.gamma[c]));
    }
    if (n.beta[c] == std::numeric_limits<std::int32_t>::min()) {
      fields.fail(fmt::format("beta of feature {} is -2^31; its magnitude must be below 2^31", c));
    }
  }
  op.shape = OutputShape::of_phase(op.phase, features);
}

}  // namespace sim::workload
