#include <fmt/format.h>

#include <algorithm>

#include "sim/workload/trace_fields.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {
namespace {

constexpr std::size_t kActivationTable = 256;
constexpr std::size_t kMostInputs = 64;

/// Whether y may stand for every row or pixel of x.
bool broadcasts(const OutputShape& x, const OutputShape& y) {
  if (x == y) return true;
  if (x.features != y.features || x.is_map() != y.is_map()) return false;
  if (x.is_map()) return y.height == 1 && y.width == 1;
  return y.rows == OutputShape::Rows::kFixed && y.tokens == 1;
}

void check_pair(const Operator& x, const Operator& y, const JsonFields& fields) {
  if (broadcasts(x.shape, y.shape)) return;
  fields.fail(fmt::format(
      "{} and {} differ in shape; the second must be like the first, or one row or pixel of it",
      x.name, y.name));
}

std::uint32_t& side_of(OutputShape& shape, Axis axis) {
  return axis == Axis::kFeatures ? shape.features : shape.tokens;
}

Axis read_axis(JsonFields& fields, const OutputShape& x) {
  const Axis axis = static_cast<Axis>(fields.choice("axis", {"features", "tokens"}));
  if (axis == Axis::kTokens && x.is_map()) {
    fields.fail("axis is tokens, but the inputs are maps; must be features: their channels");
  }
  return axis;
}

}  // namespace

void OperatorReader::read(Operator& op, Add& add, JsonFields& fields) {
  check_pair(input(op, 0), input(op, 1), fields);
  op.shape = input(op, 0).shape;
  add.x_multiplier = read_multiplier(fields, "x_multiplier", kMax24Bits);
  add.y_multiplier = read_multiplier(fields, "y_multiplier", kMax24Bits);
  add.shift = read_shift(fields);
  add.relu = fields.flag("relu");
}

void OperatorReader::read(Operator& op, Multiply& m, JsonFields& fields) {
  check_pair(input(op, 0), input(op, 1), fields);
  op.shape = input(op, 0).shape;
  m.multiplier = read_multiplier(fields, "multiplier", kMaxMultiplier);
  m.shift = read_shift(fields);
}

void OperatorReader::read(Operator& op, Concat& c, JsonFields& fields) {
  if (op.inputs.size() < 2 || op.inputs.size() > kMostInputs) {
    fields.fail(fmt::format("{} inputs; concat takes 2 to {}", op.inputs.size(), kMostInputs));
  }
  op.shape = input(op, 0).shape;
  c.axis = read_axis(fields, op.shape);
  if (c.axis == Axis::kTokens) {
    refuse_target(op.shape, fields);
    if (op.shape.rows != OutputShape::Rows::kFixed) {
      fields.fail("axis is tokens, but their number depends on the sentence; must be fixed");
    }
  }
  std::uint64_t sum = side_of(op.shape, c.axis);
  for (std::size_t i = 1; i < op.inputs.size(); ++i) {
    OutputShape next = input(op, i).shape;
    sum += side_of(next, c.axis);
    side_of(next, c.axis) = side_of(op.shape, c.axis);
    if (next != op.shape) {
      fields.fail(fmt::format("{} and {} differ in more than the axis", input(op, 0).name,
                              input(op, i).name));
    }
  }
  side_of(op.shape, c.axis) = static_cast<std::uint32_t>(sum);  // 64 x 65536 at most
  for (const std::uint32_t m : fields.integers("multipliers", op.inputs.size(), 0, kMax24Bits)) {
    c.multipliers.push_back(static_cast<std::int32_t>(m));
  }
  c.shift = read_shift(fields);
}

void OperatorReader::read(Operator& op, Split& s, JsonFields& fields) {
  op.shape = input(op, 0).shape;
  s.axis = read_axis(fields, op.shape);
  s.begin = fields.integer32("begin", 0, kMaxTokens);
  s.size = fields.integer32("size", 1, kMaxTokens);
  const bool fixed = op.shape.rows == OutputShape::Rows::kFixed;
  if (s.axis == Axis::kTokens) refuse_target(op.shape, fields);
  const bool first = s.axis == Axis::kTokens && s.begin == 0 && s.size == 1;
  if (s.axis == Axis::kTokens && !fixed && !first) {
    fields.fail("the number of tokens depends on the sentence; must take the first one alone");
  }
  if (!first && std::uint64_t{s.begin} + s.size > side_of(op.shape, s.axis)) {
    fields.fail(fmt::format("takes {} to {} of {}", s.begin, std::uint64_t{s.begin} + s.size - 1,
                            side_of(op.shape, s.axis)));
  }
  side_of(op.shape, s.axis) = s.size;
  if (s.axis == Axis::kTokens) op.shape.rows = OutputShape::Rows::kFixed;
}

void OperatorReader::read(Operator& op, Activation& a, JsonFields& fields) {
  op.shape = input(op, 0).shape;
  a.table = tensors_.int8(fields.text("table"), {kActivationTable}, at(fields, "table"));
}

void OperatorReader::read(Operator& op, GlobalAverage& g, JsonFields& fields) {
  const OutputShape& x = input(op, 0).shape;
  refuse_target(x, fields);
  op.shape = {.tokens = 1, .features = x.features};
  if (x.is_map()) op.shape.height = op.shape.width = 1;
  g.average = read_average(fields);
}

}  // namespace sim::workload
