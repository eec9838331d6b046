// What the four kinds of networks of the second schema are, and what they refuse.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "sim/workload/trace.h"
#include "tests/unit/workload/network_builder.h"

namespace sim::workload {
namespace {

using nlohmann::json;
using testing::HasSubstr;

NetworkTask read(const TraceParts& parts) {
  return read_trace(std::make_shared<const TensorFile>(parts.bytes(), "t"));
}

const Operator& find(const Network& network, const std::string& name) {
  return *std::ranges::find(network.operators, name, &Operator::name);
}

std::string model_refusal(MakeTrace make, const std::string& field, const json& value) {
  return refusal_after(make, [&](TraceParts& t) { t.graph["model"][field] = value; });
}

/// Adds an operator before the last.
std::string refusal_with(MakeTrace make, const json& op) {
  return refusal_after(make, [&](TraceParts& t) {
    json& all = t.graph["operators"];
    all.insert(all.end() - 1, op);
  });
}

TEST(NetworkKinds, EachIsRead) {
  EXPECT_EQ(refusal(valid_feed_forward()), "no error");
  EXPECT_EQ(refusal(valid_decoder()), "no error");
  EXPECT_EQ(refusal(valid_encoder()), "no error");
  EXPECT_EQ(refusal(valid_encoder_decoder()), "no error");
}

TEST(NetworkKinds, ShapesFollowFromTheInputs) {
  const Network network = read(valid_feed_forward()).model;
  EXPECT_EQ(network.kind, NetworkKind::kFeedForward);
  const auto map = [&](const std::string& name) {
    const OutputShape& s = find(network, name).shape;
    return std::vector{s.features, s.height, s.width};
  };
  EXPECT_EQ(map("image"), (std::vector{3u, 8u, 8u}));
  EXPECT_EQ(map("conv"), (std::vector{6u, 6u, 6u}));  // 8 - 3 + 1
  EXPECT_EQ(map("pool"),
            (std::vector{6u, 4u, 3u}));  // ceil((6 + 2 - 3) / 2) + 1, ceil((6 - 3) / 2) + 1
  EXPECT_EQ(map("mean"), (std::vector{4u, 4u, 3u}));
  EXPECT_EQ(map("up"), (std::vector{4u, 7u, 7u}));  // (4 - 1) 2 + 1; (3 - 1) 3 + 1
  EXPECT_EQ(map("pixel"), (std::vector{4u, 1u, 1u}));
  EXPECT_EQ(map("both"), (std::vector{8u, 7u, 7u}));
  EXPECT_EQ(map("square"), (std::vector{2u, 2u, 2u}));
  const auto rows = [&](const std::string& name) {
    const OutputShape& s = find(network, name).shape;
    EXPECT_EQ(s.rows, OutputShape::Rows::kFixed);
    return std::vector{s.tokens, s.features};
  };
  EXPECT_EQ(rows("pixels"), (std::vector{49u, 4u}));
  EXPECT_EQ(rows("rows"), (std::vector{3u, 4u}));
  EXPECT_EQ(rows("second"), (std::vector{2u, 4u}));
  EXPECT_EQ(rows("classes"), (std::vector{1u, 10u}));
}

TEST(NetworkKinds, ConstantsAreReadByKind) {
  const Network network = read(valid_feed_forward()).model;
  const auto& conv = find(network, "conv").as<Conv2d>();
  EXPECT_EQ(conv.weights.inputs, 27u);
  EXPECT_EQ(conv.weights.weight[1], -2);
  EXPECT_TRUE(conv.weights.relu);
  EXPECT_EQ(find(network, "conv").mask->count(), 6u * 27u);
  EXPECT_EQ(find(network, "grouped").as<Conv2d>().groups, 2u);
  const auto& pool = find(network, "pool").as<MaxPool2d>().windows;
  EXPECT_EQ(pool.kernel, (Pair{3, 2}));
  EXPECT_EQ(pool.dilation, (Pair{1, 2}));
  EXPECT_EQ(pool.padding.bottom, 1u);
  EXPECT_EQ(pool.padding.left, 0u);
  EXPECT_TRUE(pool.ceil_mode);
  EXPECT_EQ(find(network, "mean").as<AveragePool2d>().average.multiplier, 3);
  EXPECT_EQ(find(network, "both").as<Concat>().multipliers, (std::vector{4, 2}));
  EXPECT_EQ(find(network, "half").as<Split>().begin, 2u);
  EXPECT_EQ(find(network, "lrn").as<LocalResponseNorm>().table.size(), 3u);
  EXPECT_EQ(find(network, "up").as<Upsample>().fill, Upsample::Fill::kZeros);
}

TEST(NetworkKinds, ADecodersRowsAreThoseOfItsPrompt) {
  const Network network = read(valid_decoder()).model;
  EXPECT_EQ(network.kind, NetworkKind::kDecoder);
  for (const Operator& op : network.operators) {
    EXPECT_EQ(op.shape.rows, OutputShape::Rows::kTarget) << op.name;
  }
  const auto& scores = find(network, "self.scores").as<AttentionScores>();
  EXPECT_EQ(scores.kv_heads, 1u);
  EXPECT_EQ(scores.mask.window, 3u);
  EXPECT_EQ(scores.bias.size(), 30u);
  EXPECT_EQ(find(network, "self.values").as<AttentionValues>().mask.window, 3u);
  EXPECT_EQ(find(network, "self.values").features(), 4u);  // two heads of one head's two features
  EXPECT_EQ(find(network, "norm").as<Norm>().kind, Norm::Kind::kRms);
  EXPECT_EQ(find(network, "norm").inputs.size(), 1u);
  EXPECT_EQ(find(network, "self.q").as<Rotary>().pairs, 1u);
  EXPECT_FALSE(find(network, "embed").as<Embedding>().has_positions);
}

TEST(NetworkKinds, OutputsBecomeIndices) {
  const Network network = read(valid_encoder()).model;
  ASSERT_EQ(network.outputs.size(), 2u);
  EXPECT_EQ(network.operators[network.outputs[0]].name, "classes");
  EXPECT_EQ(network.operators[network.outputs[1]].name, "embed");
  EXPECT_EQ(find(network, "first").shape.tokens, 1u);
}

/// The first schema says the same in other words.
TEST(NetworkKinds, BothSchemasGiveTheSameNetwork) {
  const Network first = read(valid_trace()).model;
  const Network second = read(valid_encoder_decoder()).model;
  ASSERT_EQ(first.operators.size(), second.operators.size());
  for (std::size_t i = 0; i < first.operators.size(); ++i) {
    const Operator& a = first.operators[i];
    const Operator& b = second.operators[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.kind(), b.kind());
    EXPECT_EQ(a.phase, b.phase);
    EXPECT_EQ(a.inputs, b.inputs);
    EXPECT_EQ(a.shape, b.shape);
    EXPECT_EQ(a.heads(), b.heads());
    EXPECT_EQ(a.mask_of_keys().causal, b.mask_of_keys().causal);
  }
}

TEST(NetworkKinds, FieldsOfTheModelAreThoseOfItsKind) {
  EXPECT_THAT(model_refusal(valid_decoder, "kind", "decoder_only"),
              HasSubstr("must be one of encoder_decoder, encoder, decoder, feed_forward"));
  EXPECT_THAT(model_refusal(valid_decoder, "bos", 0), HasSubstr("unknown field 'bos'"));
  EXPECT_THAT(model_refusal(valid_decoder, "outputs", {"next"}), HasSubstr("unknown field"));
  EXPECT_THAT(model_refusal(valid_encoder, "vocabulary", 9), HasSubstr("unknown field"));
  EXPECT_THAT(model_refusal(valid_encoder, "max_tokens", 65537), HasSubstr("1 to 65536"));
  EXPECT_THAT(model_refusal(valid_feed_forward, "max_tokens", 4), HasSubstr("unknown field"));
  EXPECT_THAT(model_refusal(valid_encoder_decoder, "d_model", 4), HasSubstr("unknown field"));
  EXPECT_THAT(
      refusal_after(valid_encoder_decoder, [](TraceParts& t) { t.graph["model"].erase("bos"); }),
      HasSubstr("field 'bos' is missing"));
}

TEST(NetworkKinds, InputsAreNamedOnceAndBounded) {
  const auto input = [](const json& name, const json& shape) {
    return refusal_after(valid_feed_forward, [&](TraceParts& t) {
      t.graph["model"]["inputs"].push_back({{"name", name}, {"shape", shape}});
    });
  };
  EXPECT_THAT(input("row", {1, 4}), HasSubstr("the name is taken"));
  EXPECT_THAT(input("prompt", {1, 4}), HasSubstr("the name is taken"));
  EXPECT_THAT(input("conv", {1, 4}), HasSubstr("operator conv: the name is taken"));
  EXPECT_THAT(input("z", {4}),
              HasSubstr("must be [tokens, features] or [channels, rows, columns]"));
  EXPECT_THAT(input("z", {0, 4}), HasSubstr("from 1 to 65536"));
  EXPECT_THAT(input("z", {65537, 4}), HasSubstr("from 1 to 65536"));
  EXPECT_THAT(input("z", {2, 65537}), HasSubstr("from 1 to 65536"));
  EXPECT_THAT(input("z", {3, 16385, 1}), HasSubstr("16385 x 1"));
  EXPECT_THAT(input("z", {16384, 4097}), HasSubstr("67125248 elements"));
  EXPECT_THAT(input("z", {1, 4}), HasSubstr("tensor 'reference.inputs.z' is not in the file"));
  EXPECT_THAT(model_refusal(valid_feed_forward, "inputs", json::array()), HasSubstr("1 to 8"));
}

TEST(NetworkKinds, OutputsAreOperatorsThatMakeSomething) {
  EXPECT_THAT(model_refusal(valid_encoder, "outputs", json::array()), HasSubstr("1 to 8 names"));
  EXPECT_THAT(model_refusal(valid_encoder, "outputs", {"clases"}),
              HasSubstr("no operator 'clases'; did you mean 'classes'?"));
  EXPECT_THAT(model_refusal(valid_encoder, "outputs", {"embed", "embed"}),
              HasSubstr("embed is named twice"));
  EXPECT_THAT(model_refusal(valid_encoder, "outputs", {"self.softmax", "classes"}),
              HasSubstr("must be tokens or a map"));
  EXPECT_THAT(model_refusal(valid_feed_forward, "outputs", {"image", "classes"}),
              HasSubstr("image is an input"));
}

TEST(NetworkKinds, OnlyAnEncoderDecoderHasPhases) {
  for (const MakeTrace make : {valid_feed_forward, valid_decoder, valid_encoder}) {
    const TraceParts parts = make();
    const std::string name = parts.graph["operators"][0]["name"];
    EXPECT_THAT(field_refusal(make, name, "phase", "encoder"), HasSubstr("unknown field 'phase'"));
  }
  EXPECT_THAT(missing_refusal(valid_encoder_decoder, "encoder.embed", "phase"),
              HasSubstr("field 'phase' is missing"));
}

TEST(NetworkKinds, EmbeddingsReadTheTokensOfTheirKind) {
  EXPECT_THAT(field_refusal(valid_decoder, "embed", "inputs", {"source"}),
              HasSubstr("cannot read 'source'; it reads 'prompt'"));
  EXPECT_THAT(field_refusal(valid_encoder, "embed", "inputs", {"prompt"}),
              HasSubstr("cannot read 'prompt'; it reads 'source'"));
  EXPECT_THAT(refusal_with(valid_feed_forward,
                           {{"name", "e"}, {"kind", "embedding"}, {"inputs", {"source"}}}),
              HasSubstr("the network reads tensors"));
  EXPECT_THAT(
      tensor_refusal(valid_decoder, "embed.table", int8({6, 4}, std::vector<std::int8_t>(24))),
      HasSubstr("must be I8[5, 4]"));
}

TEST(NetworkKinds, TheLastOperatorOfADecoderChoosesTheToken) {
  EXPECT_THAT(refusal_after(valid_decoder,
                            [](TraceParts& t) {
                              json& all = t.graph["operators"];
                              all.erase(all.size() - 1);
                            }),
              HasSubstr("the last operator, and no other, must be of kind logits"));
  EXPECT_THAT(field_refusal(valid_decoder, "next", "inputs", {"nothing"}),
              HasSubstr("no earlier operator"));
  EXPECT_THAT(refusal_after(valid_decoder,
                            [](TraceParts& t) {
                              json& all = t.graph["operators"];
                              t.tensors["one"] = int8({1, 4}, {1, 2, 3, 4});
                              const json one = {{"name", "one"},
                                                {"kind", "constant"},
                                                {"inputs", json::array()},
                                                {"value", "one"}};
                              all.insert(all.end() - 1, one);
                              t.op("next")["inputs"] = {"one"};
                            }),
              HasSubstr("next does not read rows of the target"));
}

TEST(NetworkKinds, LogitsAreReadByNobody) {
  EXPECT_THAT(field_refusal(valid_feed_forward, "square", "inputs", {"classes"}),
              HasSubstr("no earlier operator"));
  EXPECT_THAT(refusal_after(valid_feed_forward,
                            [](TraceParts& t) {
                              json copy = t.op("gate");
                              copy.update({{"name", "after"}, {"inputs", {"classes"}}});
                              t.graph["operators"].push_back(copy);
                            }),
              HasSubstr("input classes is of kind logits"));
}

TEST(NetworkKinds, KindsOfOneSchemaAreNotOfTheOther) {
  EXPECT_THAT(field_refusal(valid_encoder_decoder, "encoder.layers.0.norm1", "kind", "add_norm"),
              HasSubstr("kind is 'add_norm'"));
  EXPECT_THAT(field_refusal(valid_encoder, "norm", "kind", "input"), HasSubstr("kind is 'input'"));
  const auto first = [](const std::string& op, const std::string& field, const json& value) {
    return field_refusal(valid_trace, op, field, value);
  };
  const std::string scores = "encoder.layers.0.self_attn.scores";
  EXPECT_THAT(first("encoder.layers.0.norm1", "kind", "norm"), HasSubstr("kind is 'norm'"));
  EXPECT_THAT(first("encoder.layers.0.norm1", "norm", "rms"), HasSubstr("unknown field 'norm'"));
  EXPECT_THAT(first(scores, "bias", "b"), HasSubstr("unknown field 'bias'"));
  EXPECT_THAT(first(scores, "mask", "none"), HasSubstr("unknown field 'mask'"));
  EXPECT_THAT(first(scores, "window", 3), HasSubstr("unknown field 'window'"));
  EXPECT_THAT(first(scores, "kv_heads", 2), HasSubstr("unknown field 'kv_heads'"));
  EXPECT_THAT(missing_refusal(valid_trace, "encoder.embed", "positions"),
              HasSubstr("field 'positions' is missing"));
  EXPECT_THAT(field_refusal(valid_encoder_decoder, scores, "causal", false),
              HasSubstr("unknown field 'causal'"));
}

TEST(NetworkKinds, NumbersOfOperatorsDoNotCountInputs) {
  EXPECT_EQ(refusal_after(valid_feed_forward, [](TraceParts& t) { t.graph["operators"][0] = 7; }),
            "t: graph: operator number 0: is 7; must be a JSON object");
}

}  // namespace
}  // namespace sim::workload
