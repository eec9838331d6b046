#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/optimus/capacity.h"
#include "sim/accelerators/optimus/compiler.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using workload::Operator;
using workload::OperatorKind;
using workload::Phase;

/// A model of which no two operators have the same size: an encoder layer whose keys have other
/// features than its values, and a decoder that keeps nothing but its embedding as K and V.
class Model {
 public:
  Model() {
    const auto source = add({.name = "source",
                             .kind = OperatorKind::kEmbedding,
                             .inputs = {workload::kSourceTokens},
                             .rows = 10});
    const auto q = linear("a.q", Phase::kEncoder, source, 12);
    const auto k = linear("a.k", Phase::kEncoder, source, 12);
    const auto v = linear("a.v", Phase::kEncoder, source, 20);
    const auto x = linear("a.out", Phase::kEncoder, attend("a", Phase::kEncoder, q, k, v, 4), 10);
    linear("a.idle", Phase::kEncoder, x, 3);
    const auto target = add({.name = "target",
                             .kind = OperatorKind::kEmbedding,
                             .phase = Phase::kDecoder,
                             .inputs = {workload::kTargetTokens},
                             .rows = 14});
    const auto y = attend("b", Phase::kDecoder, target, target, target, 7);
    linear("logits", Phase::kDecoder, y, 9);
    model.operators.back().kind = OperatorKind::kLogits;
  }

  workload::Model model;

 private:
  std::uint32_t add(Operator op) {
    model.operators.push_back(std::move(op));
    return static_cast<std::uint32_t>(model.operators.size() - 1);
  }

  std::uint32_t linear(const std::string& name, Phase phase, std::uint32_t x, std::uint32_t rows) {
    const std::uint32_t columns = model.operators[x].rows;
    return add(
        {.name = name,
         .phase = phase,
         .inputs = {x},
         .rows = rows,
         .columns = columns,
         .mask = std::make_shared<const workload::Mask>(workload::Mask::full(rows, columns))});
  }

  std::uint32_t attend(const std::string& name, Phase phase, std::uint32_t q, std::uint32_t k,
                       std::uint32_t v, std::uint32_t heads) {
    Operator op{.name = name + ".scores",
                .kind = OperatorKind::kAttentionScores,
                .phase = phase,
                .inputs = {q, k},
                .heads = heads,
                .causal = phase == Phase::kDecoder};
    op.inputs = {add(op)};
    op.name = name + ".softmax";
    op.kind = OperatorKind::kSoftmax;
    op.inputs = {add(op), v};
    op.name = name + ".values";
    op.kind = OperatorKind::kAttentionValues;
    op.rows = model.operators[v].rows;
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
  workload::Model model;
  const auto add = [&](Operator op) {
    model.operators.push_back(std::move(op));
    return static_cast<std::uint32_t>(model.operators.size() - 1);
  };
  const auto embed = [&](const std::string& name, Phase phase, std::uint32_t tokens) {
    return add({.name = name,
                .kind = OperatorKind::kEmbedding,
                .phase = phase,
                .inputs = {tokens},
                .rows = 10});
  };
  const auto source = embed("source", Phase::kEncoder, workload::kSourceTokens);
  const auto memory = add(
      {.name = "memory", .kind = OperatorKind::kAddNorm, .inputs = {source, source}, .rows = 10});
  const auto target = embed("target", Phase::kDecoder, workload::kTargetTokens);
  const auto product = [&](OperatorKind kind, std::uint32_t x, std::uint32_t y,
                           std::uint32_t rows) {
    return add({.name = "cross." + std::to_string(rows),
                .kind = kind,
                .phase = Phase::kDecoder,
                .inputs = {x, y},
                .rows = rows,
                .heads = 2});
  };
  const auto scores = product(OperatorKind::kAttentionScores, target, memory, 0);
  const auto shares = add({.name = "softmax",
                           .kind = OperatorKind::kSoftmax,
                           .phase = Phase::kDecoder,
                           .inputs = {scores},
                           .heads = 2});
  product(OperatorKind::kAttentionValues, shares, memory, 10);
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

}  // namespace
}  // namespace sim::optimus::test
