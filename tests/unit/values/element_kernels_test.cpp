#include "sim/values/element_kernels.h"

#include <gtest/gtest.h>

#include "sim/reference/elementwise.h"
#include "tests/unit/values/random_operands.h"

namespace sim::values {
namespace {

using reference::Int8Tensor;
using workload::Axis;

/// Tokens or a map.
std::vector<std::uint32_t> any_shape(Operands& draw) {
  if (draw.maybe()) return {draw.size(9), draw.size(70)};
  return {draw.size(9), draw.size(9), draw.size(12)};
}

bool is_map(const std::vector<std::uint32_t>& shape) { return shape.size() == 3; }

/// Two operands, of equal shape or the second one broadcast, and how.
struct Pair {
  explicit Pair(Operands& draw) : x(draw.bytes(any_shape(draw))), y(draw.bytes(x.shape)) {
    if (draw.maybe()) return;
    const bool map = is_map(x.shape);
    if (map) partner = Partner::kChannel;
    y = draw.bytes(map ? std::vector<std::uint32_t>{x.dim(0), 1, 1}
                       : std::vector<std::uint32_t>{1, x.dim(1)});
  }
  Int8Tensor x;
  Int8Tensor y;
  Partner partner = Partner::kPlace;
};

TEST(ElementKernels, SumsEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const Pair pair(draw);
    const workload::Add op{.x_multiplier = draw.multiplier(24),
                           .y_multiplier = draw.multiplier(24),
                           .shift = draw.shift(30),
                           .relu = draw.maybe()};
    Int8Tensor out(pair.x.shape);
    add(op, pair.x.data, pair.y.data, pair.partner, out.data.data());
    ASSERT_EQ(out, reference::add(op, pair.x, pair.y)) << seed;
  }
}

TEST(ElementKernels, ProductsEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const Pair pair(draw);
    const workload::Multiply op{.multiplier = draw.multiplier(31), .shift = draw.shift(40)};
    Int8Tensor out(pair.x.shape);
    multiply(op, pair.x.data, pair.y.data, pair.partner, out.data.data());
    ASSERT_EQ(out, reference::multiply(op, pair.x, pair.y)) << seed;
  }
}

/// The dimension along which `axis` lies.
std::size_t dimension(Axis axis, const std::vector<std::uint32_t>& shape) {
  return axis == Axis::kFeatures && !is_map(shape) ? 1 : 0;
}

TEST(ElementKernels, ConcatenationsEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    auto shape = any_shape(draw);
    workload::Concat op{.axis = !is_map(shape) && draw.maybe() ? Axis::kTokens : Axis::kFeatures,
                        .multipliers = {},
                        .shift = draw.shift(28)};
    const std::size_t along = dimension(op.axis, shape);
    std::vector<Int8Tensor> inputs;
    for (std::uint32_t i = 0; i < 1 + draw.size(4); ++i) {
      shape[along] = draw.size(20);
      inputs.push_back(draw.bytes(shape));
      op.multipliers.push_back(draw.multiplier(24));
    }
    const std::vector<workload::Int8s> views = [&] {
      std::vector<workload::Int8s> all;
      for (const Int8Tensor& x : inputs) all.emplace_back(x.data);
      return all;
    }();
    const Int8Tensor expected = reference::concat(op, inputs);
    Int8Tensor out(expected.shape);
    concat(op, views, along == 1 ? shape[0] : 1, out.data.data());
    ASSERT_EQ(out, expected) << seed;
  }
}

TEST(ElementKernels, PiecesEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const Int8Tensor x = draw.bytes(any_shape(draw));
    const Axis axis = !is_map(x.shape) && draw.maybe() ? Axis::kTokens : Axis::kFeatures;
    const std::size_t along = dimension(axis, x.shape);
    const std::uint32_t begin = draw.upto(x.dim(along) - 1);
    const workload::Split op{
        .axis = axis, .begin = begin, .size = 1 + draw.upto(x.dim(along) - begin - 1)};
    const Int8Tensor expected = reference::split(op, x);
    Int8Tensor out(expected.shape);
    split(op, x.data, along == 1 ? x.dim(0) : 1, along == 1 ? 1 : x.data.size() / x.dim(0),
          out.data.data());
    ASSERT_EQ(out, expected) << seed;
  }
}

TEST(ElementKernels, FlatteningEqualsTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const Int8Tensor x = draw.bytes(any_shape(draw));
    const bool to_tokens = is_map(x.shape) && draw.maybe();
    const workload::Flatten op{.to = to_tokens ? Axis::kTokens : Axis::kFeatures};
    const Int8Tensor expected = reference::flatten(op, x);
    Int8Tensor out(expected.shape);
    flatten(op, x.data, is_map(x.shape) ? x.dim(0) : 1, out.data.data());
    ASSERT_EQ(out, expected) << seed;
  }
}

TEST(ElementKernels, ActivationsEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const Int8Tensor table = draw.bytes({256});
    const workload::Activation op{.table = table.data};
    const Int8Tensor x = draw.bytes(any_shape(draw));
    Int8Tensor out(x.shape);
    activation(op, x.data, out.data.data());
    ASSERT_EQ(out, reference::activation(op, x)) << seed;
  }
}

TEST(ElementKernels, GlobalAveragesEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const Int8Tensor x = draw.bytes(any_shape(draw));
    const workload::GlobalAverage op{
        .average = {.multiplier = draw.multiplier(24), .shift = draw.upto(31)}};
    const Int8Tensor expected = reference::global_average(op, x);
    Int8Tensor out(expected.shape);
    if (is_map(x.shape)) {
      global_average_of_map(op, x.data, x.dim(0), out.data.data());
    } else {
      global_average_of_tokens(op, x.data, x.dim(1), out.data.data());
    }
    ASSERT_EQ(out, expected) << seed;
  }
}

}  // namespace
}  // namespace sim::values
