#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/optimus/capacity.h"
#include "sim/accelerators/optimus/compiler.h"
#include "sim/base/math.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using workload::Operator;
using workload::OutputShape;
using workload::Phase;

/// A model of which no two operators have the same size: an encoder layer whose keys have other
/// features than its values, and a decoder that keeps nothing but its embedding as K and V.
class Model {
 public:
  Model() {
    const auto source = embed("source", Phase::kEncoder, workload::kSourceTokens, 10);
    const auto q = linear("a.q", Phase::kEncoder, source, 12);
    const auto k = linear("a.k", Phase::kEncoder, source, 12);
    const auto v = linear("a.v", Phase::kEncoder, source, 20);
    const auto x = linear("a.out", Phase::kEncoder, attend("a", Phase::kEncoder, q, k, v, 4), 10);
    linear("a.idle", Phase::kEncoder, x, 3);
    const auto target = embed("target", Phase::kDecoder, workload::kTargetTokens, 14);
    const auto y = attend("b", Phase::kDecoder, target, target, target, 7);
    linear("logits", Phase::kDecoder, y, 9);
    const workload::Weights weights = *model.operators.back().weights();
    model.operators.back().body = workload::Logits{weights};
  }

  workload::Network model;

 private:
  std::uint32_t add(Operator op) {
    model.operators.push_back(std::move(op));
    return static_cast<std::uint32_t>(model.operators.size() - 1);
  }

  std::uint32_t embed(const std::string& name, Phase phase, std::uint32_t tokens,
                      std::uint32_t features) {
    return add({.name = name,
                .phase = phase,
                .inputs = {tokens},
                .shape = OutputShape::of_phase(phase, features),
                .body = workload::Embedding{.features = features, .has_positions = true}});
  }

  std::uint32_t linear(const std::string& name, Phase phase, std::uint32_t x, std::uint32_t rows) {
    const std::uint32_t columns = model.operators[x].features();
    return add(
        {.name = name,
         .phase = phase,
         .inputs = {x},
         .shape = OutputShape::of_phase(phase, rows),
         .body = workload::Linear{{.outputs = rows, .inputs = columns}},
         .mask = std::make_shared<const workload::Mask>(workload::Mask::full(rows, columns))});
  }

  std::uint32_t attend(const std::string& name, Phase phase, std::uint32_t q, std::uint32_t k,
                       std::uint32_t v, std::uint32_t heads) {
    const workload::AttentionMask mask{.causal = phase == Phase::kDecoder};
    const OutputShape matrix = OutputShape::of_phase(phase, 0);
    Operator op{
        .name = name + ".scores", .phase = phase, .inputs = {q, k}, .shape = matrix, .body = {}};
    op.body = workload::AttentionScores{.heads = heads, .kv_heads = heads, .mask = mask};
    op.inputs = {add(op)};
    op.name = name + ".softmax";
    op.body = workload::Softmax{.heads = heads, .mask = mask};
    op.inputs = {add(op), v};
    op.name = name + ".values";
    op.body = workload::AttentionValues{.heads = heads, .kv_heads = heads, .mask = mask};
    op.shape.features = model.operators[v].features();
    return add(op);
  }
};

const Layer& layer(const Program& program, const std::string& name) {
  return *std::ranges::find(program.layers, name, &Layer::name);
}

TEST(OperatorShapes, HeadsAreTheOperatorsOwn) {
  const Program program = compile(Model().model, config_of("{mac_array: {macs: 64}}"), {});
  EXPECT_EQ(layer(program, "a.scores").head_size, 3u);
  EXPECT_EQ(layer(program, "a.values").head_size, 5u);
  EXPECT_EQ(layer(program, "b.scores").head_size, 2u);
  EXPECT_EQ(layer(program, "b.values").heads, 7u);
}

TEST(OperatorShapes, KAndVThatAreReadAsFeaturesAreInBothMemories) {
  const Program program = compile(Model().model, config_of("{mac_array: {macs: 64}}"), {});
  EXPECT_EQ(layer(program, "a.q+k+v").kv_outputs, 32u);
  EXPECT_EQ(layer(program, "a.q+k+v").kv_only_outputs, 32u);
  EXPECT_EQ(layer(program, "target").kv_outputs, 14u);
  EXPECT_EQ(layer(program, "target").kv_only_outputs, 0u);
}

/// Units other than the array have no way to the K/V store alone: what a normalisation makes is in
/// the buffer as well, though nothing but attention reads it.
TEST(OperatorShapes, KAndVOfOtherUnitsAreInBothMemories) {
  workload::Network model;
  const auto add = [&](Operator op) {
    model.operators.push_back(std::move(op));
    return static_cast<std::uint32_t>(model.operators.size() - 1);
  };
  const auto embed = [&](const std::string& name, Phase phase, std::uint32_t tokens) {
    return add({.name = name,
                .phase = phase,
                .inputs = {tokens},
                .shape = OutputShape::of_phase(phase, 10),
                .body = workload::Embedding{.features = 10, .has_positions = true}});
  };
  const auto source = embed("source", Phase::kEncoder, workload::kSourceTokens);
  const auto memory = add({.name = "memory",
                           .inputs = {source, source},
                           .shape = OutputShape::of_phase(Phase::kEncoder, 10),
                           .body = workload::Norm{}});
  const auto target = embed("target", Phase::kDecoder, workload::kTargetTokens);
  const auto attend = [&](const std::string& name, std::vector<std::uint32_t> inputs,
                          std::uint32_t features, const workload::OperatorBody& body) {
    return add({.name = name,
                .phase = Phase::kDecoder,
                .inputs = std::move(inputs),
                .shape = OutputShape::of_phase(Phase::kDecoder, features),
                .body = body});
  };
  const auto scores =
      attend("scores", {target, memory}, 0, workload::AttentionScores{.heads = 2, .kv_heads = 2});
  const auto shares = attend("softmax", {scores}, 0, workload::Softmax{.heads = 2});
  attend("values", {shares, memory}, 10, workload::AttentionValues{.heads = 2, .kv_heads = 2});
  const Program program = compile(model, config_of("{mac_array: {macs: 64}}"), {});
  EXPECT_EQ(layer(program, "memory").kv_outputs, 10u);
  EXPECT_EQ(layer(program, "memory").kv_only_outputs, 0u);
}

TEST(OperatorShapes, NothingIsWrittenTwiceOrLessThanNothing) {
  const std::string text = simulate(Model().model, config_of("{mac_array: {macs: 64}}"),
                                    {.engine = core::Engine::kSkip}, {{0, 3, 2}});
  // Of 3 source tokens 32 features, of 2 target tokens 14.
  EXPECT_NE(text.find("activity kv_store results sram_write 124 of"), std::string::npos) << text;
  // Elements: 3 * (12 + 4 * 3 + 20 + 10 + 3) and 7 * (1 + 2) + 2 * 14, 16 an access.
  EXPECT_NE(text.find("activity global_buffer results sram_write 14 of"), std::string::npos)
      << text;
}

std::string refusal(const std::string& memories, std::uint32_t n, std::uint32_t t) {
  const Config config = config_of("{mac_array: {macs: 64}, memories: {" + memories + "}}");
  try {
    check_capacity(compile(Model().model, config, {}), config, n, t);
  } catch (const base::ConfigError& e) {
    return e.what();
  }
  return "fits";
}

TEST(OperatorShapes, KAndVNeedTheRoomOfTheirOwnFeatures) {
  // The encoder's 32 features a source token are gone when the decoder keeps 14 a target token.
  EXPECT_EQ(refusal("kv_store_kib: 1", 32, 73), "fits");
  EXPECT_EQ(refusal("kv_store_kib: 1", 33, 73),
            "optimus.memories.kv_store_kib is 1 KiB, but K and V of 33 source and 73 target tokens "
            "need 2 KiB");
  EXPECT_NE(refusal("kv_store_kib: 1", 32, 74), "fits");
}

TEST(OperatorShapes, ActivationsStayFromTheirMakerToTheirLastReader) {
  // Softmax: 4 heads * n scores and as many probabilities, n = 11: 11 * 88 bytes; n = 12: 12 * 96.
  EXPECT_EQ(refusal("global_buffer_kib: 1", 11, 1), "fits");
  EXPECT_NE(refusal("global_buffer_kib: 1", 12, 1), "fits");
}

/// Source tokens through one linear layer and an operator of the elementwise unit.
workload::Network elementwise_model(std::uint32_t features, bool behind_matrix) {
  workload::Network model;
  model.kind = workload::NetworkKind::kEncoder;
  const OutputShape shape = OutputShape::of_phase(Phase::kEncoder, features);
  model.operators.push_back(
      {.name = "embed",
       .inputs = {workload::kSourceTokens},
       .shape = shape,
       .body = workload::Embedding{.features = features, .has_positions = true}});
  model.operators.push_back(
      {.name = "linear",
       .inputs = {0},
       .shape = shape,
       .body = workload::Linear{{.outputs = features, .inputs = features}},
       .mask = std::make_shared<const workload::Mask>(workload::Mask::full(features, features))});
  model.operators.push_back({.name = "gelu",
                             .inputs = {behind_matrix ? 1u : 0u},
                             .shape = shape,
                             .body = workload::Activation{}});
  return model;
}

/// Of every length and width: by itself ceil(L d / lanes) + latency cycles.
TEST(OperatorShapes, TheElementwiseUnitTakesItsLanesAndItsLatency) {
  for (const std::uint32_t lanes : {1u, 3u, 16u}) {
    for (const std::uint32_t features : {1u, 16u, 17u}) {
      for (const std::uint32_t tokens : {1u, 2u, 7u}) {
        const Config config = config_of(
            fmt::format("{{mac_array: {{macs: 64}}, post_processing: {{elementwise_lanes: {}, "
                        "elementwise_latency_cycles: 5}}}}",
                        lanes));
        for (const core::Engine engine : {core::Engine::kTick, core::Engine::kSkip}) {
          const std::string text = simulate(elementwise_model(features, false), config,
                                            {.engine = engine}, {{0, tokens, 0}});
          EXPECT_EQ(number_after(text, "counter elementwise busy_cycles"),
                    base::ceil_div(tokens * features, lanes) + 5)
              << lanes << " " << features << " " << tokens;
        }
      }
    }
  }
}

/// Tile by tile it works beside the array, and in all as long.
TEST(OperatorShapes, TheElementwiseUnitTakesTheTilesOfAMatrix) {
  const std::string keys = "mac_array: {macs: 64, tile_tokens: 2}";
  const auto run = [&](const std::string& more) {
    return simulate(elementwise_model(32, true), config_of("{" + keys + more + "}"),
                    {.engine = core::Engine::kSkip}, {{0, 8, 0}});
  };
  const std::string matched = run("");
  const std::string apart = run(", load_compute_matching: false");
  for (const std::string& text : {matched, apart}) {
    EXPECT_EQ(number_after(text, "counter elementwise busy_cycles"), 8u * 32 / 16 + 10);
  }
  EXPECT_LT(headline(matched, "cycles"), headline(apart, "cycles"));
}

/// A norm of one input reads it twice, as if it were added to nothing.
TEST(OperatorShapes, ANormOfOneInputReadsItTwice) {
  workload::Network model = elementwise_model(16, true);
  model.operators.back().body = workload::Norm{};
  const std::string one = simulate(model, config_of("{mac_array: {macs: 64}}"), {}, {{0, 4, 0}});
  model.operators.back().inputs = {1, 1};
  EXPECT_EQ(one, simulate(model, config_of("{mac_array: {macs: 64}}"), {}, {{0, 4, 0}}));
}

/// A decoder of one embedding of 16 features that a projection reads, in so much room.
std::string prompt_refusal(bool skips, std::uint32_t prompt, std::uint32_t steps) {
  workload::Network model;
  model.kind = workload::NetworkKind::kDecoder;
  model.operators.push_back({.name = "embed",
                             .phase = Phase::kDecoder,
                             .inputs = {workload::kTargetTokens},
                             .shape = OutputShape::of_phase(Phase::kDecoder, 16),
                             .body = workload::Embedding{.features = 16}});
  model.operators.push_back(
      {.name = "logits",
       .phase = Phase::kDecoder,
       .inputs = {0},
       .shape = OutputShape::of_phase(Phase::kDecoder, 9),
       .body = workload::Logits{{.outputs = 9, .inputs = 16}},
       .mask = std::make_shared<const workload::Mask>(workload::Mask::full(9, 16))});
  const Config config = config_of(
      fmt::format("{{mac_array: {{macs: 64}}, skipping: {{redundant_decoding: {}}}, memories: "
                  "{{global_buffer_kib: 1}}}}",
                  skips));
  try {
    check_capacity(compile(model, config, {}), config, prompt, steps);
  } catch (const base::ConfigError& e) {
    return e.what();
  }
  return "fits";
}

/// 1 KiB are 64 rows: the prompt's with skipping, without it those of the last step too.
TEST(OperatorShapes, APromptNeedsRoomForAllItsRows) {
  EXPECT_EQ(prompt_refusal(true, 64, 9), "fits");
  EXPECT_NE(prompt_refusal(true, 65, 9), "fits");
  EXPECT_EQ(prompt_refusal(true, 65, 1),
            "optimus.memories.global_buffer_kib is 1 KiB, but the activations of 65 prompt and 1 "
            "target tokens need 2 KiB");
  EXPECT_EQ(prompt_refusal(false, 60, 5), "fits");
  EXPECT_NE(prompt_refusal(false, 60, 6), "fits");
}

}  // namespace
}  // namespace sim::optimus::test
