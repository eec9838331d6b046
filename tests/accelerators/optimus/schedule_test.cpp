#include "sim/accelerators/optimus/schedule.h"

#include <gtest/gtest.h>

#include <array>

#include "sim/accelerators/optimus/compiler.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using workload::OperatorKind;

/// The standard operation counts of a Transformer, terms per layer times layers, dense:
///   encoder            = Le (4nd² + 2n²d + 2ndf)
///   decoder, skipping  = Ld (4Td² + 2 s1 d + 2Td² + 2nd² + 2Tnd + 2Tdf) + TdV
///   decoder, no skip   = Ld (4 s1 d² + 2 s2 d + 2 s1 d² + 2T nd² + 2 s1 nd + 2 s1 df) + TdV
///   with s1 = T(T+1)/2, s2 = T(T+1)(2T+1)/6.
struct Counts {
  std::uint64_t layers, d, f, v, n, t;

  std::uint64_t s1() const { return t * (t + 1) / 2; }
  std::uint64_t s2() const { return t * (t + 1) * (2 * t + 1) / 6; }
  std::uint64_t encoder() const { return layers * (4 * n * d * d + 2 * n * n * d + 2 * n * d * f); }
  std::uint64_t decoder_skip() const {
    return layers * (4 * t * d * d + 2 * s1() * d + 2 * t * d * d + 2 * n * d * d + 2 * t * n * d +
                     2 * t * d * f) +
           t * d * v;
  }
  std::uint64_t decoder_no_skip() const {
    return layers * (4 * s1() * d * d + 2 * s2() * d + 2 * s1() * d * d + 2 * t * n * d * d +
                     2 * s1() * n * d + 2 * s1() * d * f) +
           t * d * v;
  }
};

/// Transformer-base with empty masks: shapes count, and nothing is left to encode.
const workload::Network& base_model() {
  static const workload::Network model = [] {
    workload::Network m = model_of({.layers = 6,
                                    .d_model = 512,
                                    .heads = 8,
                                    .d_ff = 2048,
                                    .vocabulary = 37000,
                                    .density = 1e-6});
    for (auto& op : m.operators) {
      if (op.mask) op.mask = std::make_shared<workload::Mask>(op.features(), op.columns());
    }
    return m;
  }();
  return model;
}

std::uint64_t attention_macs(const Command& c, const Layer& layer) {
  std::uint64_t entries = std::uint64_t{c.tokens} * c.keys;
  if (c.masked) entries = std::uint64_t{c.tokens} * (c.tokens + 1) / 2;
  return entries * layer.heads * layer.head_size;
}

std::uint64_t macs(const std::vector<Command>& commands, const Program& program) {
  std::uint64_t sum = 0;
  for (const Command& c : commands) {
    const Layer& layer = program.layers[c.layer];
    if (layer.matrix) sum += layer.dense_weights * c.tokens;
    const bool product = layer.kind == OperatorKind::kAttentionScores ||
                         layer.kind == OperatorKind::kAttentionValues;
    if (product) sum += attention_macs(c, layer);
  }
  return sum;
}

struct Split {
  std::uint64_t encoder = 0;
  std::uint64_t decoder = 0;
};

Split dense_macs(const std::string& yaml, std::uint32_t n, std::uint32_t t) {
  const Config config = config_of(yaml);
  const Program program = compile(base_model(), config, {});
  TileChooser tiles(program, config);
  Schedule schedule(program, config, tiles, n);
  Split split;
  for (const Command& c : schedule.start()) {
    const bool encoder = program.layers[c.layer].phase == workload::Phase::kEncoder;
    (encoder ? split.encoder : split.decoder) += macs({c}, program);
  }
  for (std::uint32_t step = 1; step <= t; ++step)
    split.decoder += macs(schedule.step(step), program);
  return split;
}

Counts base_counts(std::uint64_t n) { return {6, 512, 2048, 37000, n, n}; }

TEST(Schedule, CountsEqualTheFormulasWithAndWithoutSkipping) {
  for (const std::uint32_t n : {10u, 20u, 25u, 30u, 50u}) {
    const Counts counts = base_counts(n);
    const Split skip = dense_macs("{}", n, n);
    EXPECT_EQ(skip.encoder, counts.encoder());
    EXPECT_EQ(skip.decoder, counts.decoder_skip());
    const Split all = dense_macs("skipping: {redundant_decoding: false}", n, n);
    EXPECT_EQ(all.encoder, counts.encoder());
    EXPECT_EQ(all.decoder, counts.decoder_no_skip());
  }
}

/// Dense MACs of Transformer-base with V = 37 000 in millions, and the ratio of whole sentences.
TEST(Schedule, TransformerBaseTableIsReproduced) {
  struct Row {
    std::uint32_t n;
    double encoder, skip, no_skip, ratio;
  };
  constexpr std::array kTable = {Row{10, 189, 442, 1721, 3.0}, Row{20, 380, 886, 6305, 5.3},
                                 Row{25, 476, 1109, 9680, 6.4}, Row{30, 572, 1332, 13783, 7.5},
                                 Row{50, 959, 2229, 37543, 12.1}};
  for (const Row& row : kTable) {
    const Split skip = dense_macs("{}", row.n, row.n);
    const Split all = dense_macs("skipping: {redundant_decoding: false}", row.n, row.n);
    EXPECT_NEAR(static_cast<double>(skip.encoder) / 1e6, row.encoder, 0.5);
    EXPECT_NEAR(static_cast<double>(skip.decoder) / 1e6, row.skip, 0.5);
    EXPECT_NEAR(static_cast<double>(all.decoder) / 1e6, row.no_skip, 0.5);
    const double ratio = static_cast<double>(all.encoder + all.decoder) /
                         static_cast<double>(skip.encoder + skip.decoder);
    EXPECT_NEAR(ratio, row.ratio, 0.05);
  }
}

TEST(Schedule, VariantsOfNoSkippingChangeTheirTermOnly) {
  const std::uint32_t n = 12;
  const Counts c = base_counts(n);
  const std::uint64_t plain = c.decoder_no_skip();
  const auto decoder = [&](const std::string& variant) {
    return dense_macs("skipping: {redundant_decoding: false, " + variant + ": true}", n, n).decoder;
  };
  EXPECT_EQ(decoder("cross_kv_once"), plain - c.layers * 2 * (c.t - 1) * c.n * c.d * c.d);
  EXPECT_EQ(decoder("project_all_positions"), plain + (c.s1() - c.t) * c.d * c.v);
  // Causal scores and values: s1 of the t*t entries of each step, summed over steps.
  const std::uint64_t causal = c.t * (c.t + 1) * (c.t + 2) / 6;
  EXPECT_EQ(decoder("masked_scores"), plain - c.layers * 2 * c.d * (c.s2() - causal));
}

TEST(Schedule, OnlyTheNewestPositionIsComputedWithSkipping) {
  const Config config = config_of("{}");
  const Program program = compile(base_model(), config, {});
  TileChooser tiles(program, config);
  Schedule schedule(program, config, tiles, 7);
  schedule.start();
  schedule.step(1);
  for (const Command& c : schedule.step(2)) {
    EXPECT_EQ(c.tokens, 1u);
    EXPECT_NE(program.layers[c.layer].phase, workload::Phase::kCross);
  }
}

TEST(Compiler, MatricesOfOneInputRunAsOneLayer) {
  const Program fused = compile(base_model(), config_of("{}"), {});
  EXPECT_EQ(fused.layers[1].name, "encoder.layers.0.self_attn.q+k+v");
  EXPECT_EQ(fused.layers[1].outputs, 1536u);
  EXPECT_EQ(fused.layers[1].kv_outputs, 1024u);
  const Program apart = compile(base_model(), config_of("fuse_shared_inputs: false"), {});
  EXPECT_EQ(apart.layers[1].name, "encoder.layers.0.self_attn.q");
  EXPECT_EQ(apart.layers[1].outputs, 512u);
  EXPECT_GT(apart.layers.size(), fused.layers.size());
}

}  // namespace
}  // namespace sim::optimus::test
