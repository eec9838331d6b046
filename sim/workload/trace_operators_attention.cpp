#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "sim/workload/trace_fields.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {
namespace {

using Rows = OutputShape::Rows;

constexpr std::size_t kSoftmaxTableSize = 256;

bool same_rows(const OutputShape& x, const OutputShape& y) {
  return x.rows == y.rows && (x.rows != Rows::kFixed || x.tokens == y.tokens);
}

std::uint32_t read_kv_heads(TraceSchema schema, std::uint32_t heads, JsonFields& fields) {
  if (schema == TraceSchema::k1) return heads;
  const std::uint32_t kv_heads = fields.integer32("kv_heads", 1, heads);
  if (heads % kv_heads != 0) {
    fields.fail(fmt::format("kv_heads is {}; must divide the {} heads", kv_heads, heads));
  }
  return kv_heads;
}

AttentionMask read_attention_mask(TraceSchema schema, JsonFields& fields) {
  if (schema == TraceSchema::k1) return {.causal = fields.flag("causal")};
  AttentionMask mask{.causal = fields.choice("mask", {"none", "causal"}) == 1};
  if (fields.has("window")) mask.window = fields.integer32("window", 1, kMaxTokens);
  return mask;
}

std::string_view side_of(const OutputShape& shape) {
  switch (shape.rows) {
    case Rows::kSource:
      return "source";
    case Rows::kTarget:
      return "target";
    case Rows::kFixed:
      break;
  }
  return "a fixed number of";
}

}  // namespace

void OperatorReader::check_heads(const Operator& x, std::uint32_t heads,
                                 const JsonFields& fields) const {
  if (x.features() % heads == 0) return;
  fields.fail(
      fmt::format("heads is {}; must divide the {} features of {}", heads, x.features(), x.name));
}

void OperatorReader::read(Operator& op, AttentionScores& a, JsonFields& fields) {
  const Operator& q = input(op, 0);
  const Operator& k = input(op, 1);
  op.shape = tokens(op, 0, fields);
  op.shape.features = 0;
  tokens(op, 1, fields);
  a.heads = fields.integer32("heads", 1, kMaxFeatures);
  a.kv_heads = read_kv_heads(schema_, a.heads, fields);
  a.multiplier = read_multiplier(fields, "multiplier", kMaxMultiplier);
  a.shift = read_shift(fields);
  a.mask = read_attention_mask(schema_, fields);
  check_heads(q, a.heads, fields);
  check_heads(k, a.kv_heads, fields);
  if (q.features() / a.heads != k.features() / a.kv_heads) {
    const bool alike = a.heads == a.kv_heads;
    fields.fail(fmt::format("{} has {} features, {} has {}; must be equal{}", q.name, q.features(),
                            k.name, k.features(), alike ? "" : " for each head"));
  }
  check_mask(op, a, fields);
  if (schema_ == TraceSchema::k2 && fields.has("bias")) read_bias(op, a, fields);
}

/// A decoder decodes step by step: a token sees itself and earlier ones, and the whole source.
void OperatorReader::check_mask(const Operator& op, const AttentionScores& a,
                                const JsonFields& fields) const {
  const OutputShape& q = input(op, 0).shape;
  const OutputShape& k = input(op, 1).shape;
  const bool of_target = k.rows == Rows::kTarget;
  if (of_target && q.rows != Rows::kTarget) {
    fields.fail(
        fmt::format("queries {} are not of the target, but keys {} are; only rows of the "
                    "target may see others of it",
                    input(op, 0).name, input(op, 1).name));
  }
  if (q.rows == Rows::kTarget && a.mask.causal != of_target) {
    if (schema_ == TraceSchema::k1) {
      fields.fail(fmt::format("causal is {}; must be {} for keys of {} tokens", a.mask.causal,
                              of_target, of_target ? "target" : "source"));
    }
    fields.fail(fmt::format("mask is {}; must be {} for keys of {} tokens",
                            a.mask.causal ? "causal" : "none", of_target ? "causal" : "none",
                            side_of(k)));
  }
  if (a.mask.window && !same_rows(q, k)) {
    fields.fail("has a window, but queries and keys differ in number; must be without");
  }
  const std::uint64_t entries = std::uint64_t{a.heads} * q.tokens * k.tokens;
  if (q.rows == Rows::kFixed && k.rows == Rows::kFixed && entries > kMaxElements) {
    fields.fail(fmt::format("makes {} x {} x {} scores; at most {} are allowed", a.heads, q.tokens,
                            k.tokens, kMaxElements));
  }
}

/// The distance of a key from its query as a number that is added.
void OperatorReader::read_bias(const Operator& op, AttentionScores& a, JsonFields& fields) {
  const OutputShape& q = input(op, 0).shape;
  const OutputShape& k = input(op, 1).shape;
  if (q.rows == Rows::kFixed && !same_rows(q, k)) {
    fields.fail("has a bias, but queries and keys differ in number; must be without");
  }
  if (q.rows != Rows::kFixed && k.rows == Rows::kFixed) {
    fields.fail("has a bias, but the keys are of a fixed number; must be without");
  }
  const std::uint64_t span = 2 * std::uint64_t{positions(q)} - 1;
  a.has_bias = true;
  a.bias = tensors_.int32(fields.text("bias"), {a.heads, span}, at(fields, "bias"));
}

void OperatorReader::read(Operator& op, Softmax& s, JsonFields& fields) {
  const auto& scores = input(op, 0).as<AttentionScores>();
  op.shape = input(op, 0).shape;
  s.heads = scores.heads;
  s.mask = scores.mask;
  s.table = tensors_.uint16(fields.text("table"), {kSoftmaxTableSize}, at(fields, "table"));
  if (!tensors_.has_values()) return;
  if (s.table[0] != std::numeric_limits<std::uint16_t>::max()) {
    fields.fail(fmt::format("table starts with {}; must start with 65535", s.table[0]));
  }
  const auto rise = std::ranges::adjacent_find(s.table, std::less{});
  if (rise != s.table.end()) {
    fields.fail(fmt::format("table rises after entry {}; must never rise", rise - s.table.begin()));
  }
}

void OperatorReader::read(Operator& op, AttentionValues& a, JsonFields& fields) {
  const Operator& p = input(op, 0);
  const Operator& v = input(op, 1);
  const Operator& scores = input(p, 0);
  const Operator& keys = input(scores, 1);
  tokens(op, 1, fields);
  a.heads = fields.integer32("heads", 1, kMaxFeatures);
  a.kv_heads = read_kv_heads(schema_, a.heads, fields);
  a.mask = p.as<Softmax>().mask;
  a.multiplier = read_multiplier(fields, "multiplier", kMaxMultiplier);
  a.shift = read_shift(fields);
  if (a.heads != p.heads()) {
    fields.fail(fmt::format("heads is {}; must be {} as in {}", a.heads, p.heads(), p.name));
  }
  if (a.kv_heads != scores.as<AttentionScores>().kv_heads) {
    fields.fail(fmt::format("kv_heads is {}; must be {} as in {}", a.kv_heads,
                            scores.as<AttentionScores>().kv_heads, scores.name));
  }
  check_heads(v, a.kv_heads, fields);
  if (!same_rows(v.shape, keys.shape)) {
    fields.fail(
        fmt::format("values {} and keys {} are of different sentences; both must be of the "
                    "source or of the target",
                    v.name, keys.name));
  }
  op.shape = p.shape;
  op.shape.features = v.features() / a.kv_heads * a.heads;
}

}  // namespace sim::workload
