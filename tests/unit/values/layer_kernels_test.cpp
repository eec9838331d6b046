#include "sim/values/layer_kernels.h"

#include <gtest/gtest.h>

#include "sim/reference/layers.h"
#include "tests/unit/values/random_operands.h"

namespace sim::values {
namespace {

using reference::Int32Tensor;
using reference::Int8Tensor;
using workload::Norm;
using workload::Rotary;

TEST(LayerKernels, EmbeddingEqualsTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const std::uint32_t pieces = draw.size(9), features = draw.size(70), rows = draw.size(6);
    const Int8Tensor table = draw.bytes({pieces, features});
    const Int8Tensor positions = draw.bytes({rows, features});
    const workload::Embedding op{.table = table.data,
                                 .positions = positions.data,
                                 .pieces = pieces,
                                 .features = features,
                                 .has_positions = draw.maybe(),
                                 .token_multiplier = draw.multiplier(24),
                                 .position_multiplier = draw.multiplier(24),
                                 .shift = draw.shift(28)};
    const std::vector<std::int32_t> tokens = draw.words(rows, 0, pieces - 1);
    Int8Tensor y({rows, features});
    const std::uint32_t first = draw.upto(rows - 1);  // in two parts
    const std::span<const std::int32_t> all = tokens;
    embedding(op, all.first(first), 0, y.data.data());
    embedding(op, all.subspan(first), first, y.data.data() + std::size_t{first} * features);
    ASSERT_EQ(y, reference::embedding(op, tokens)) << seed;
  }
}

TEST(LayerKernels, LinearEqualsTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const OwnedWeights weights(draw, draw.size(seed % 4 == 0 ? 200 : 20), draw.size(150));
    const Int8Tensor x = draw.bytes({draw.size(12), weights.view.inputs});
    Int8Tensor y({x.dim(0), weights.view.outputs});
    linear({weights.view}, x.dim(0), x.data.data(), y.data.data());
    ASSERT_EQ(y, reference::linear({weights.view}, x)) << seed;
  }
}

TEST(LayerKernels, LinearTakesMoreRowsAndOutputsThanABlockHolds) {
  Operands draw(1);
  const OwnedWeights weights(draw, 131, 70);
  const Int8Tensor x = draw.bytes({517, 70});
  Int8Tensor y({517, 131});
  linear({weights.view}, 517, x.data.data(), y.data.data());
  EXPECT_EQ(y, reference::linear({weights.view}, x));
}

TEST(LayerKernels, LogitsEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const OwnedWeights weights(draw, draw.size(80), draw.size(150), 31);
    const Int8Tensor x = draw.bytes({draw.size(12), weights.view.inputs});
    Int32Tensor y({x.dim(0), weights.view.outputs});
    logits({weights.view}, x.dim(0), x.data.data(), y.data.data());
    ASSERT_EQ(y, reference::logits({weights.view}, x)) << seed;
  }
}

/// With random or extreme constants, of one input and of two.
void expect_same_norms(Operands& draw, const Int8Tensor& x, const Int8Tensor& y) {
  const std::uint32_t rows = x.dim(0), features = x.dim(1);
  const auto gamma = draw.words(features, -((1 << 24) - 1), (1 << 24) - 1);
  const auto beta = draw.words(features, -2147483647, 2147483647);
  const Norm op{.kind = draw.maybe() ? Norm::Kind::kRms : Norm::Kind::kLayer,
                .gamma = gamma,
                .beta = beta,
                .x_multiplier = draw.multiplier(16),
                .y_multiplier = draw.multiplier(16),
                .shift = draw.shift(39)};
  Int8Tensor out(x.shape);
  norm(op, rows, features, x.data.data(), nullptr, out.data.data());
  ASSERT_EQ(out, reference::norm(op, x));
  norm(op, rows, features, x.data.data(), y.data.data(), out.data.data());
  ASSERT_EQ(out, reference::norm(op, x, y));
}

TEST(LayerKernels, NormsEqualTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    SCOPED_TRACE(seed);
    Operands draw(seed);
    const std::vector<std::uint32_t> shape = {draw.size(3), draw.size(150)};
    expect_same_norms(draw, draw.bytes(shape), draw.bytes(shape));
  }
}

TEST(LayerKernels, NormsTakePerfectSquaresAndTheirNeighbours) {
  for (int seed = 1; seed < kCasesOfAKind; ++seed) {
    SCOPED_TRACE(seed);
    Operands draw(seed);
    // Two features apart by an even or odd distance: the variance is c^2 or c^2 + c + 1/2.
    expect_same_norms(draw, draw.bytes({1, 2}), Int8Tensor({1, 2}));
  }
}

TEST(LayerKernels, NormsTakeTheWidestRows) {
  for (int seed = 0; seed < 9; ++seed) {
    SCOPED_TRACE(seed);
    Operands draw(seed);
    Int8Tensor x({1, 16384});
    std::fill(x.data.begin(), x.data.end(), std::int8_t{127});
    x.data[5000] = -128;
    expect_same_norms(draw, x, x);
    expect_same_norms(draw, draw.bytes({1, 16384}), draw.bytes({1, 16384}));
  }
}

TEST(LayerKernels, RotaryEqualsTheReference) {
  for (int seed = 0; seed < kCasesOfAKind; ++seed) {
    Operands draw(seed);
    const std::uint32_t heads = draw.size(4), head = draw.size(70), rows = draw.size(4);
    const std::uint32_t pairs = draw.upto(head / 2), first = draw.upto(3);
    const std::int64_t most = (1 << 24) - 1;
    const auto cosine = draw.words((first + rows) * pairs, -most, most);
    const auto sine = draw.words((first + rows) * pairs, -most, most);
    const Rotary op{.cosine = cosine,
                    .sine = sine,
                    .heads = heads,
                    .pairs = pairs,
                    .order = draw.maybe() ? Rotary::Pairs::kHalves : Rotary::Pairs::kNeighbours,
                    .multiplier = draw.multiplier(24),
                    .shift = draw.shift(31)};
    const Int8Tensor x = draw.bytes({first + rows, heads * head});
    Int8Tensor y(x.shape);
    const std::size_t begin = std::size_t{first} * heads * head;  // in two parts
    rotary(op, 0, first, heads * head, x.data.data(), y.data.data());
    rotary(op, first, rows, heads * head, x.data.data() + begin, y.data.data() + begin);
    ASSERT_EQ(y, reference::rotary(op, x)) << seed;
  }
}

}  // namespace
}  // namespace sim::values
