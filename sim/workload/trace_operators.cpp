#include "sim/workload/trace_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "sim/base/check.h"
#include "sim/workload/trace_fields.h"
#include "sim/workload/trace_weights.h"

namespace sim::workload {
namespace {

using Rows = OutputShape::Rows;

constexpr std::int32_t kGammaBound = 1 << 24;
constexpr std::int32_t kRotaryBound = 1 << 24;

std::uint64_t elements_of(const OutputShape& shape) {
  const std::uint64_t plane =
      shape.is_map() ? std::uint64_t{shape.height} * shape.width : std::uint64_t{shape.tokens};
  return plane * shape.features;
}

void check_norm_constants(const Norm& n, const JsonFields& fields) {
  for (std::size_t c = 0; c < n.gamma.size(); ++c) {
    if (n.gamma[c] <= -kGammaBound || n.gamma[c] >= kGammaBound) {
      fields.fail(fmt::format("gamma of feature {} is {}; its magnitude must be below 2^24", c,
                              n.gamma[c]));
    }
    if (n.beta[c] == std::numeric_limits<std::int32_t>::min()) {
      fields.fail(fmt::format("beta of feature {} is -2^31; its magnitude must be below 2^31", c));
    }
  }
}

void check_rotation(Int32s values, const char* name, const JsonFields& fields) {
  const auto wide = std::ranges::find_if(
      values, [](std::int32_t v) { return v <= -kRotaryBound || v >= kRotaryBound; });
  if (wide == values.end()) return;
  fields.fail(fmt::format("{} has the entry {}; its magnitude must be below 2^24", name, *wide));
}

}  // namespace

OutputShape read_fixed_shape(JsonFields& fields, const char* name) {
  const std::size_t sides = fields.list(name).size();
  if (sides != 2 && sides != 3) {
    fields.fail(fmt::format("{} is {}; must be [tokens, features] or [channels, rows, columns]",
                            name, shown(fields.list(name))));
  }
  const auto size = fields.integers(name, sides, 1, kMaxTokens);
  const OutputShape shape =
      sides == 3 ? OutputShape{.features = size[0], .height = size[1], .width = size[2]}
                 : OutputShape{.tokens = size[0], .features = size[1]};
  check_fixed_shape(shape, kMaxFeatures, fields);
  return shape;
}

void check_fixed_shape(const OutputShape& shape, std::uint32_t most_features,
                       const JsonFields& fields) {
  if (shape.features > most_features || shape.height > kMaxMapSide || shape.width > kMaxMapSide) {
    fields.fail(fmt::format(
        "makes {} features or channels, {} x {}; at most {}, {} x {} are "
        "allowed",
        shape.features, shape.height, shape.width, most_features, kMaxMapSide, kMaxMapSide));
  }
  if (shape.rows != Rows::kFixed) return;
  if (shape.is_map() && elements_of(shape) > kMaxElements) {
    fields.fail(fmt::format("makes a map of {} x {} x {}, {} elements; at most {} are allowed",
                            shape.features, shape.height, shape.width, elements_of(shape),
                            kMaxElements));
  }
  if (shape.tokens > kMaxTokens || elements_of(shape) > kMaxElements) {
    fields.fail(fmt::format("makes {} tokens, {} elements; at most {} and {} are allowed",
                            shape.tokens, elements_of(shape), kMaxTokens, kMaxElements));
  }
}

void OperatorReader::read(Operator& op, JsonFields& fields) {
  std::visit([&](auto& body) { read(op, body, fields); }, op.body);
  fields.finish();
  const bool logits = op.kind() == OperatorKind::kLogits;
  check_fixed_shape(op.shape, logits ? kMaxMatrixSide : kMaxFeatures, fields);
}

const OutputShape& OperatorReader::tokens(const Operator& op, std::size_t i,
                                          const JsonFields& fields) const {
  const Operator& x = input(op, i);
  if (x.shape.is_map()) {
    fields.fail(fmt::format("input {} is a map; must be tokens: flatten it", x.name));
  }
  return x.shape;
}

const OutputShape& OperatorReader::map(const Operator& op, std::size_t i,
                                       const JsonFields& fields) const {
  const Operator& x = input(op, i);
  if (!x.shape.is_map()) fields.fail(fmt::format("input {} is tokens; must be a map", x.name));
  return x.shape;
}

std::uint32_t OperatorReader::positions(const OutputShape& shape) const {
  return shape.rows == Rows::kFixed ? shape.tokens : network_.limits.max_tokens;
}

void OperatorReader::refuse_target(const OutputShape& shape, const JsonFields& fields) const {
  if (shape.rows != Rows::kTarget) return;
  fields.fail(
      "mixes rows of a target, which are chosen one by one; a row may depend on itself and, by "
      "causal attention, on earlier ones");
}

void OperatorReader::read(Operator& /*op*/, Input& /*input*/, JsonFields& fields) {
  fields.fail("is of kind input; the model's inputs are listed in its field inputs");
}

void OperatorReader::read(Operator& op, Embedding& e, JsonFields& fields) {
  const std::string& table = fields.text("table");
  const std::string where = at(fields, "table");
  const Shape shape = tensors_.shape(table, Dtype::kI8, 2, where);
  const bool target = op.phase == Phase::kDecoder;
  const std::uint64_t pieces = target ? network_.limits.vocabulary : shape[0];
  if (pieces > kMaxMatrixSide || shape[1] > kMaxFeatures) {
    fields.fail(fmt::format("table is {} x {}; at most {} tokens of {} features are allowed",
                            shape[0], shape[1], kMaxMatrixSide, kMaxFeatures));
  }
  e.pieces = static_cast<std::uint32_t>(pieces);
  e.features = static_cast<std::uint32_t>(shape[1]);
  e.table = tensors_.int8(table, {pieces, e.features}, where);
  e.has_positions = schema_ == TraceSchema::k1 || fields.has("positions");
  if (e.has_positions) {
    e.positions = tensors_.int8(fields.text("positions"), {network_.limits.max_tokens, e.features},
                                at(fields, "positions"));
    e.position_multiplier = read_multiplier(fields, "position_multiplier", kMax24Bits);
  }
  e.token_multiplier = read_multiplier(fields, "token_multiplier", kMax24Bits);
  e.shift = read_shift(fields);
  op.shape = OutputShape::of_phase(op.phase, e.features);
}

void OperatorReader::read(Operator& op, Constant& c, JsonFields& fields) {
  const std::string& name = fields.text("value");
  const std::string where = at(fields, "value");
  const Shape& shape = tensors_.shape_of_rank(name, Dtype::kI8, 2, 3, where);
  if (std::ranges::any_of(shape, [](std::uint64_t side) { return side > kMaxTokens; })) {
    fields.fail(fmt::format("value has a side of more than {} elements", kMaxTokens));
  }
  const auto side = [&](std::size_t i) { return static_cast<std::uint32_t>(shape[i]); };
  op.shape = shape.size() == 3
                 ? OutputShape{.features = side(0), .height = side(1), .width = side(2)}
                 : OutputShape{.tokens = side(0), .features = side(1)};
  c.value = tensors_.int8(name, shape, where);
}

void OperatorReader::read(Operator& op, Linear& linear, JsonFields& fields) {
  Weights& w = linear.weights;
  op.shape = tokens(op, 0, fields);
  read_weights(op, w, {0, op.shape.features}, fields);
  w.relu = fields.flag("relu");
  if (w.outputs > kMaxFeatures) {
    fields.fail(fmt::format("{} output features; at most {} are allowed", w.outputs, kMaxFeatures));
  }
}

void OperatorReader::read(Operator& op, Logits& logits, JsonFields& fields) {
  Weights& w = logits.weights;
  op.shape = tokens(op, 0, fields);
  read_weights(op, w, {0, op.shape.features}, fields);
  const std::uint32_t vocabulary = network_.limits.vocabulary;
  if (vocabulary > 0 && w.outputs != vocabulary) {
    fields.fail(
        fmt::format("{} output features; must be the vocabulary's {}", w.outputs, vocabulary));
  }
  check_logit_range(w, fields.where());
}

/// `shape`: of the weights, 0 for the outputs, which become the operator's features.
void OperatorReader::read_weights(Operator& op, Weights& w, const Shape& shape,
                                  JsonFields& fields) {
  const std::string& weight = fields.text("weight");
  const std::string where = at(fields, "weight");
  const std::uint64_t outputs = tensors_.shape(weight, Dtype::kI8, shape.size(), where)[0];
  if (outputs > kMaxMatrixSide) {
    fields.fail(fmt::format("weight has {} rows; at most {} are allowed", outputs, kMaxMatrixSide));
  }
  Shape whole = shape;
  whole[0] = outputs;
  w.outputs = op.shape.features = static_cast<std::uint32_t>(outputs);
  w.inputs = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) w.inputs *= static_cast<std::uint32_t>(shape[i]);
  w.weight = tensors_.int8(weight, whole, where);
  w.bias = tensors_.int32(fields.text("bias"), {outputs}, at(fields, "bias"));
  w.multipliers = tensors_.int32(fields.text("multiplier"), {outputs}, at(fields, "multiplier"));
  w.shift = read_shift(fields);
  const auto negative = std::ranges::find_if(w.multipliers, [](std::int32_t m) { return m < 0; });
  if (negative != w.multipliers.end()) {
    fields.fail(fmt::format("multiplier of row {} is {}; must not be negative",
                            negative - w.multipliers.begin(), *negative));
  }
  op.mask = read_mask(w, fields);
  if (op.mask) {
    check_weights(w.weight, w.bias, *op.mask, fields.where());
  } else {
    op.expected_weights = std::uint64_t{w.outputs} * w.inputs;
  }
}

/// Null of tensors without values.
std::shared_ptr<const Mask> OperatorReader::read_mask(const Weights& w, JsonFields& fields) {
  if (!fields.has("mask")) {
    if (!tensors_.has_values()) return nullptr;
    auto& mask = masks_[fmt::format("{} x {}", w.outputs, w.inputs)];
    if (!mask) mask = std::make_shared<const Mask>(Mask::full(w.outputs, w.inputs));
    return mask;
  }
  const std::string& name = fields.name("mask");
  const Shape packed{w.outputs, (w.inputs + 7) / 8};
  const auto bytes = tensors_.uint8(name, packed, at(fields, "mask"));
  if (!tensors_.has_values()) return nullptr;
  auto& mask = masks_[fmt::format("{} of {} columns", name, w.inputs)];
  if (!mask) {
    mask = std::make_shared<const Mask>(unpack_mask(bytes, w.outputs, w.inputs, fields.where()));
  }
  return mask;
}

void OperatorReader::read(Operator& op, Norm& n, JsonFields& fields) {
  op.shape = tokens(op, 0, fields);
  const Operator& x = input(op, 0);
  if (op.inputs.size() == 2) {
    const Operator& y = input(op, 1);
    if (y.features() != x.features()) {
      fields.fail(fmt::format("{} has {} features, {} has {}; must be equal", x.name, x.features(),
                              y.name, y.features()));
    }
    if (y.shape != x.shape) {
      fields.fail(fmt::format("{} and {} differ in their rows; must be equal", x.name, y.name));
    }
    n.y_multiplier = read_multiplier(fields, "y_multiplier", kMax16Bits);
  }
  if (schema_ == TraceSchema::k2) {
    n.kind = static_cast<Norm::Kind>(fields.choice("norm", {"layer", "rms"}));
  }
  const std::uint32_t features = op.shape.features;
  if (features > kMaxNormFeatures) {
    fields.fail(fmt::format("has {} features; at most {} are allowed", features, kMaxNormFeatures));
  }
  n.gamma = tensors_.int32(fields.text("gamma"), {features}, at(fields, "gamma"));
  n.beta = tensors_.int32(fields.text("beta"), {features}, at(fields, "beta"));
  n.x_multiplier = read_multiplier(fields, "x_multiplier", kMax16Bits);
  n.shift = read_shift(fields);
  check_norm_constants(n, fields);
}

void OperatorReader::read(Operator& op, Rotary& r, JsonFields& fields) {
  op.shape = tokens(op, 0, fields);
  r.heads = fields.integer32("heads", 1, kMaxFeatures);
  check_heads(input(op, 0), r.heads, fields);
  const std::string& cosine = fields.text("cosine");
  const Shape shape = tensors_.shape(cosine, Dtype::kI32, 2, at(fields, "cosine"));
  if (2 * shape[1] > op.shape.features / r.heads) {
    fields.fail(fmt::format("cosine has {} pairs a head; at most {} fit {} features", shape[1],
                            op.shape.features / r.heads / 2, op.shape.features / r.heads));
  }
  r.pairs = static_cast<std::uint32_t>(shape[1]);
  const Shape whole{positions(op.shape), r.pairs};
  r.cosine = tensors_.int32(cosine, whole, at(fields, "cosine"));
  r.sine = tensors_.int32(fields.text("sine"), whole, at(fields, "sine"));
  check_rotation(r.cosine, "cosine", fields);
  check_rotation(r.sine, "sine", fields);
  r.order = static_cast<Rotary::Pairs>(fields.choice("pairs", {"halves", "neighbours"}));
  r.multiplier = read_multiplier(fields, "multiplier", kMax24Bits);
  r.shift = read_shift(fields);
}

}  // namespace sim::workload
