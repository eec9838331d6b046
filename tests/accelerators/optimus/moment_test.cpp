#include "sim/accelerators/optimus/moment.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using workload::AttentionMask;
using workload::OperatorKind;
using workload::OutputShape;

Layer layer_of(OutputShape::Rows rows, OperatorKind kind = OperatorKind::kLinear) {
  Layer layer;
  layer.kind = kind;
  layer.phase =
      rows == OutputShape::Rows::kSource ? workload::Phase::kEncoder : workload::Phase::kDecoder;
  layer.shape = {.rows = rows, .tokens = 3, .features = 8};
  return layer;
}

Skipping skipping(bool redundant_decoding, bool project_all_positions) {
  Skipping s{};
  s.redundant_decoding = redundant_decoding;
  s.project_all_positions = project_all_positions;
  return s;
}

/// Rows that T steps compute of a prompt of p tokens, in all.
std::uint64_t computed(const Layer& layer, const Skipping& skipping, std::uint32_t p,
                       std::uint32_t steps) {
  Program program;
  program.prompts = true;
  std::uint64_t rows = 0;
  for (std::uint32_t t = 1; t <= steps; ++t) {
    rows += positions(layer, skipping, Moment::of(program, p, t));
  }
  return rows;
}

TEST(Moment, WithSkippingEachRowOfPromptAndAnswerIsComputedOnce) {
  const Skipping skips = skipping(true, false);
  for (std::uint32_t p = 1; p < 9; ++p) {
    for (std::uint32_t t = 1; t < 9; ++t) {
      EXPECT_EQ(computed(layer_of(OutputShape::Rows::kTarget), skips, p, t), p + t - 1);
      EXPECT_EQ(computed(layer_of(OutputShape::Rows::kTarget, OperatorKind::kLogits), skips, p, t),
                t);
      EXPECT_EQ(computed(layer_of(OutputShape::Rows::kFixed), skips, p, t), 3u);
    }
  }
}

TEST(Moment, WithoutSkippingEachStepComputesAllRows) {
  for (std::uint32_t p = 1; p < 9; ++p) {
    for (std::uint32_t t = 1; t < 9; ++t) {
      const std::uint64_t all = std::uint64_t{t} * p + t * (t - 1) / 2;
      const Layer target = layer_of(OutputShape::Rows::kTarget);
      const Layer logits = layer_of(OutputShape::Rows::kTarget, OperatorKind::kLogits);
      EXPECT_EQ(computed(target, skipping(false, false), p, t), all);
      EXPECT_EQ(computed(logits, skipping(false, false), p, t), t);
      EXPECT_EQ(computed(logits, skipping(false, true), p, t), all);
      EXPECT_EQ(computed(layer_of(OutputShape::Rows::kFixed), skipping(false, false), p, t),
                3u * t);
    }
  }
}

TEST(Moment, WithoutAPromptATargetBeginsWithOneRow) {
  const Program program;
  const Moment third = Moment::of(program, 7, 3);
  EXPECT_EQ(third.source, 7u);
  EXPECT_EQ(third.target, 3u);
  EXPECT_EQ(third.added, 1u);
  EXPECT_EQ(Moment::of(program, 7, 0).target, 0u);
}

/// Against the definition, key by key: none behind with `causal`, none as far away as a window.
TEST(SeenKeys, AreThoseThatTheMaskLeaves) {
  for (const bool causal : {false, true}) {
    for (std::uint32_t window = 0; window < 6; ++window) {  // 0: none
      AttentionMask mask{.causal = causal};
      if (window > 0) mask.window = window;
      for (std::uint32_t keys = 1; keys < 9; ++keys) {
        for (std::uint32_t i = 0; i < 9; ++i) {
          std::uint32_t seen = 0;
          for (std::uint32_t j = 0; j < keys; ++j) {
            const bool near = window == 0 || std::abs(int(i) - int(j)) < int(window);
            if (near && (!causal || j <= i)) ++seen;
          }
          EXPECT_EQ(seen_keys(mask, i, keys), seen) << causal << window << keys << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sim::optimus::test
