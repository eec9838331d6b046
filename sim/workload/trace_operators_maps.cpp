#include <fmt/format.h>

#include <algorithm>

#include "sim/workload/map_shapes.h"
#include "sim/workload/trace_fields.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {
namespace {

constexpr std::uint32_t kMaxKernel = 255;

/// The map that windows of these sides make.
OutputShape positions_of(const WindowSides& sides, std::uint32_t channels,
                         const JsonFields& fields) {
  const OutputShape shape{.features = channels,
                          .height = window_positions(sides[0]),
                          .width = window_positions(sides[1])};
  if (shape.height == 0 || shape.width == 0) {
    fields.fail("no window fits the map and its padding; at least one must");
  }
  return shape;
}

}  // namespace

void OperatorReader::read(Operator& op, Conv2d& conv, JsonFields& fields) {
  const OutputShape x = map(op, 0, fields);
  conv.stride = read_pair(fields, "stride", 1, kMaxKernel);
  conv.dilation = read_pair(fields, "dilation", 1, kMaxKernel);
  conv.padding = read_padding(fields);
  conv.groups = fields.integer32("groups", 1, kMaxFeatures);
  const Shape& weight = tensors_.shape(fields.text("weight"), Dtype::kI8, 4, at(fields, "weight"));
  if (weight[2] > kMaxKernel || weight[3] > kMaxKernel) {
    fields.fail(fmt::format("a kernel of {} x {}; at most {} x {} are allowed", weight[2],
                            weight[3], kMaxKernel, kMaxKernel));
  }
  if (x.features % conv.groups != 0 || weight[0] % conv.groups != 0) {
    fields.fail(fmt::format("groups is {}; must divide the {} channels of {} and the {} of its own",
                            conv.groups, x.features, input(op, 0).name, weight[0]));
  }
  const std::uint32_t channels = x.features / conv.groups;
  conv.kernel = {static_cast<std::uint32_t>(weight[2]), static_cast<std::uint32_t>(weight[3])};
  const std::uint64_t inputs = std::uint64_t{channels} * conv.kernel[0] * conv.kernel[1];
  if (inputs > kMaxMatrixSide) {
    fields.fail(
        fmt::format("an output reads {} inputs; at most {} are allowed", inputs, kMaxMatrixSide));
  }
  read_weights(op, conv.weights, {0, channels, conv.kernel[0], conv.kernel[1]}, fields);
  conv.weights.relu = fields.flag("relu");
  op.shape = positions_of(window_sides(conv, x.height, x.width), conv.weights.outputs, fields);
}

void OperatorReader::read_windows(Windows& w, bool dilated, JsonFields& fields) const {
  w.kernel = read_pair(fields, "kernel", 1, kMaxKernel);
  w.stride = read_pair(fields, "stride", 1, kMaxKernel);
  if (dilated) w.dilation = read_pair(fields, "dilation", 1, kMaxKernel);
  w.padding = read_padding(fields);
  w.ceil_mode = fields.flag("ceil_mode");
}

OutputShape OperatorReader::pooled(const Windows& windows, const OutputShape& x,
                                   const JsonFields& fields) const {
  const WindowSides sides = window_sides(windows, x.height, x.width);
  for (const WindowSide& side : sides) {
    if (std::max(side.before, side.after) < window_extent(side)) continue;
    fields.fail(fmt::format("padding of {} and {}; must be narrower than the window's {}",
                            side.before, side.after, window_extent(side)));
  }
  const OutputShape shape = positions_of(sides, x.features, fields);
  if (!every_window_has_element(sides)) {
    fields.fail("a window lies on no element of the map; each must have one");
  }
  return shape;
}

void OperatorReader::read(Operator& op, MaxPool2d& pool, JsonFields& fields) {
  read_windows(pool.windows, true, fields);
  op.shape = pooled(pool.windows, map(op, 0, fields), fields);
}

void OperatorReader::read(Operator& op, AveragePool2d& pool, JsonFields& fields) {
  read_windows(pool.windows, false, fields);
  pool.count_padding = fields.flag("count_padding");
  pool.average = read_average(fields);
  op.shape = pooled(pool.windows, map(op, 0, fields), fields);
}

void OperatorReader::read(Operator& op, Upsample& u, JsonFields& fields) {
  const OutputShape& x = map(op, 0, fields);
  u.factor = read_pair(fields, "factor", 1, 64);
  u.fill = static_cast<Upsample::Fill>(fields.choice("fill", {"nearest", "zeros"}));
  op.shape = x;
  op.shape.height = static_cast<std::uint32_t>(upsampled_size(u.fill, x.height, u.factor[0]));
  op.shape.width = static_cast<std::uint32_t>(upsampled_size(u.fill, x.width, u.factor[1]));
}

void OperatorReader::read(Operator& op, Flatten& f, JsonFields& fields) {
  f.to = static_cast<Axis>(fields.choice("to", {"features", "tokens"}));
  const OutputShape& x = f.to == Axis::kTokens ? map(op, 0, fields) : input(op, 0).shape;
  refuse_target(x, fields);
  if (x.rows != OutputShape::Rows::kFixed) {
    fields.fail("the number of tokens depends on the sentence; must be fixed");
  }
  const std::uint64_t plane = x.is_map() ? std::uint64_t{x.height} * x.width : x.tokens;
  const bool to_tokens = f.to == Axis::kTokens;
  const std::uint64_t tokens = to_tokens ? plane : 1;
  const std::uint64_t features = to_tokens ? x.features : plane * x.features;
  if (tokens > kMaxTokens || features > kMaxFeatures) {
    fields.fail(fmt::format("makes {} tokens of {} features; at most {} of {} are allowed", tokens,
                            features, kMaxTokens, kMaxFeatures));
  }
  op.shape = {.tokens = static_cast<std::uint32_t>(tokens),
              .features = static_cast<std::uint32_t>(features)};
}

void OperatorReader::read(Operator& op, Unflatten& u, JsonFields& fields) {
  const OutputShape& x = tokens(op, 0, fields);
  const auto shape = fields.integers("shape", 3, 1, kMaxMapSide);
  const std::uint64_t elements = std::uint64_t{shape[0]} * shape[1] * shape[2];
  if (x.rows != OutputShape::Rows::kFixed || x.tokens != 1 || elements != x.features) {
    fields.fail(
        fmt::format("makes a map of {} elements; its input must be one row of as many", elements));
  }
  u.shape = {shape[0], shape[1], shape[2]};
  op.shape = {.features = shape[0], .height = shape[1], .width = shape[2]};
}

void OperatorReader::read(Operator& op, LocalResponseNorm& n, JsonFields& fields) {
  op.shape = map(op, 0, fields);
  const std::string& table = fields.text("table");
  const Shape shape = tensors_.shape(table, Dtype::kU16, 1, at(fields, "table"));
  if (shape[0] < 2 || shape[0] > 65536) {
    fields.fail(fmt::format("table has {} entries; must have 2 to 65536", shape[0]));
  }
  n.table = tensors_.uint16(table, shape, at(fields, "table"));
  n.size = fields.integer32("size", 1, 255);
  n.table_shift = fields.integer32("table_shift", 0, 31);
  n.shift = read_shift(fields);
}

}  // namespace sim::workload
