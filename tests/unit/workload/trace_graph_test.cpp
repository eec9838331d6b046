#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/workload/trace.h"
#include "tests/unit/workload/trace_builder.h"

namespace sim::workload {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kQ = "encoder.layers.0.self_attn.q";

NetworkTask read(const TraceParts& parts) {
  return read_trace(std::make_shared<const TensorFile>(parts.bytes(), "t"));
}

const Operator& find(const NetworkTask& task, const std::string& name) {
  for (const Operator& op : task.model.operators) {
    if (op.name == name) return op;
  }
  throw std::logic_error("no operator " + name);
}

/// A change of one field of an operator.
std::string field_refusal(const std::string& op, const std::string& field, const json& value) {
  return refusal_after([&](TraceParts& t) { t.op(op)[field] = value; });
}

TEST(TraceGraph, ValidTraceIsRead) {
  const NetworkTask task = read(valid_trace());
  EXPECT_EQ(task.model.name, "small");
  EXPECT_EQ(task.trace->origin(), "made up; from a test; CC0-1.0");
  EXPECT_EQ(task.model.limits.vocabulary, 5u);
  EXPECT_TRUE(task.model.has_values);
  const Operator& linear2 = find(task, "encoder.layers.0.linear2");
  EXPECT_EQ(linear2.features(), 4u);
  EXPECT_EQ(linear2.columns(), 6u);
  EXPECT_EQ(linear2.weights()->weight[8], 1 - 3);
  EXPECT_EQ(linear2.weights()->bias[3], -7);
  EXPECT_EQ(linear2.mask->count(), 24u);
}

TEST(TraceGraph, InputsBecomeIndices) {
  const NetworkTask task = read(valid_trace());
  EXPECT_EQ(task.model.operators[0].inputs, std::vector{kSourceTokens});
  EXPECT_EQ(find(task, "decoder.embed").inputs, std::vector{kTargetTokens});
  EXPECT_EQ(find(task, kQ).inputs, std::vector{0u});
}

TEST(TraceGraph, AttentionPassesHeadsAndCausalityOn) {
  const NetworkTask task = read(valid_trace());
  for (const char* part : {"scores", "softmax", "values"}) {
    const Operator& own = find(task, std::string("decoder.layers.0.self_attn.") + part);
    EXPECT_EQ(own.heads(), 2u);
    EXPECT_TRUE(own.mask_of_keys().causal);
    EXPECT_FALSE(
        find(task, std::string("decoder.layers.0.cross_attn.") + part).mask_of_keys().causal);
  }
  EXPECT_EQ(find(task, "decoder.layers.0.self_attn.values").features(), 4u);
}

TEST(TraceGraph, MaskOfATraceIsKept) {
  TraceParts parts = valid_trace();
  parts.tensors[kQ + ".weight"] = int8({4, 4}, {0, 9, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0});
  parts.tensors[kQ + ".mask"] = uint8({4, 1}, {0b0010, 0, 0b1111, 0b1000});
  const NetworkTask task = read(parts);
  const Mask& mask = *find(task, kQ).mask;
  EXPECT_TRUE(mask.kept(0, 1));
  EXPECT_FALSE(mask.kept(0, 0));
  EXPECT_TRUE(mask.kept(3, 3));  // kept, and its weight is 0
  EXPECT_EQ(mask.count(), 6u);
}

TEST(TraceGraph, SchemaAndMetadataAreChecked) {
  EXPECT_EQ(refusal_after([](TraceParts& t) { t.schema = "lockstep-trace-9"; }),
            "t: __metadata__: schema is 'lockstep-trace-9'; wanted here is 'lockstep-trace-2'");
  using nlohmann::ordered_json;
  const auto metadata = [](const std::function<void(ordered_json&)>& change) {
    const TraceParts parts = valid_trace();
    ordered_json header = parts.header();
    change(header["__metadata__"]);
    return refusal(assemble(header.dump(), parts.data()));
  };
  EXPECT_EQ(metadata([](ordered_json& m) { m.erase("origin"); }),
            "t: __metadata__: 'origin' is missing; must hold schema, graph, origin, reference");
  EXPECT_EQ(metadata([](ordered_json& m) { m["orgin"] = ""; }),
            "t: __metadata__: unknown 'orgin'; did you mean 'origin'?");
  EXPECT_THAT(metadata([](ordered_json& m) { m["graph"] = "{"; }),
              testing::StartsWith("t: graph: not valid JSON: "));
  EXPECT_EQ(refusal_after([](TraceParts& t) { t.origin.erase("licence"); }),
            "t: origin: field 'licence' is missing; must be a text");
}

TEST(TraceGraph, ModelFieldsAreChecked) {
  const auto model = [](const std::string& field, const json& value) {
    return refusal_after([&](TraceParts& t) { t.graph["model"][field] = value; });
  };
  EXPECT_EQ(model("kind", "decoder_only"),
            "t: graph: model: kind is \"decoder_only\"; must be \"encoder_decoder\"");
  EXPECT_EQ(model("d_model", -4),
            "t: graph: model: d_model is -4; must be a whole number from 1 to 65536");
  EXPECT_EQ(model("d_model", 4.0),
            "t: graph: model: d_model is 4.0; must be a whole number from 1 to 65536");
  EXPECT_EQ(model("d_model", 1e300),
            "t: graph: model: d_model is 1e+300; must be a whole number from 1 to 65536");
  EXPECT_EQ(model("heads", 0),
            "t: graph: model: heads is 0; must be a whole number from 1 to 65536");
  EXPECT_EQ(model("eos", 5), "t: graph: model: eos is 5; must be a whole number from 0 to 4");
  EXPECT_THAT(model("head", 1), HasSubstr("unknown field 'head'; did you mean 'heads'?"));
}

TEST(TraceGraph, OperatorFieldsAreChecked) {
  EXPECT_EQ(field_refusal(kQ, "kind", "linea"),
            "t: operator " + kQ +
                ": kind is 'linea'; did you mean 'linear'?; must be one of embedding, linear, "
                "logits, attention_scores, softmax, attention_values, add_norm");
  EXPECT_THAT(field_refusal(kQ, "phase", "decode"), HasSubstr("phase is 'decode'"));
  EXPECT_EQ(field_refusal(kQ, "shift", 63),
            "t: operator " + kQ + ": shift is 63; must be a whole number from 1 to 62");
  EXPECT_EQ(field_refusal(kQ, "relu", 1),
            "t: operator " + kQ + ": relu is 1; must be true or false");
  EXPECT_THAT(field_refusal(kQ, "rellu", 1),
              HasSubstr("unknown field 'rellu'; did you mean 'relu'?"));
  EXPECT_EQ(refusal_after([](TraceParts& t) { t.op(kQ).erase("bias"); }),
            "t: operator " + kQ + ": field 'bias' is missing; must be a text");
  EXPECT_EQ(refusal_after([](TraceParts& t) { t.graph["operators"][0] = 7; }),
            "t: graph: operator number 0: is 7; must be a JSON object");
}

TEST(TraceGraph, ConstantsAreBounded) {
  EXPECT_THAT(field_refusal("encoder.embed", "token_multiplier", 1 << 24), HasSubstr("16777215"));
  EXPECT_THAT(field_refusal("encoder.layers.0.norm1", "x_multiplier", 1 << 16), HasSubstr("65535"));
  EXPECT_THAT(field_refusal("encoder.layers.0.self_attn.scores", "multiplier", 1LL << 31),
              HasSubstr("2147483647"));
}

TEST(TraceGraph, NamesAreUnique) {
  const std::string message =
      "t: operator encoder.embed: the name is taken; operator names are unique";
  EXPECT_EQ(
      refusal_after([](TraceParts& t) { t.graph["operators"].push_back(t.op("encoder.embed")); }),
      message);
  EXPECT_THAT(field_refusal(kQ, "name", "source"), HasSubstr("the name is taken"));
  EXPECT_THAT(field_refusal(kQ, "name", "q\t"), HasSubstr("name is 'q\\x09'; must be 1 to 256"));
}

TEST(TraceGraph, InputsMustStandEarlier) {
  EXPECT_EQ(field_refusal(kQ, "inputs", {"encoder.layers.0.norm1"}),
            "t: operator " + kQ + ": input 'encoder.layers.0.norm1' is no earlier operator");
  EXPECT_EQ(field_refusal(kQ, "inputs", {"encoder.embd"}),
            "t: operator " + kQ +
                ": input 'encoder.embd' is no earlier operator; did you mean 'encoder.embed'?");
  EXPECT_EQ(field_refusal(kQ, "inputs", {"encoder.embed", "encoder.embed"}),
            "t: operator " + kQ +
                ": inputs [\"encoder.embed\",\"encoder.embed\"]; linear takes a list of 1 name");
  EXPECT_THAT(field_refusal(kQ, "inputs", json{1}), HasSubstr("takes a list of 1 name"));
}

TEST(TraceGraph, PhasesMayReadOnlyWhatIsThere) {
  EXPECT_EQ(field_refusal("decoder.layers.0.self_attn.q", "inputs", {"encoder.embed"}),
            "t: operator decoder.layers.0.self_attn.q: an operator of phase decoder cannot read "
            "encoder.embed of phase encoder");
  EXPECT_THAT(
      field_refusal("decoder.layers.0.self_attn.q", "inputs", {"decoder.layers.0.cross_attn.k"}),
      HasSubstr("has a row for each source token; must have one for each target token"));
  EXPECT_EQ(field_refusal("encoder.embed", "inputs", {"target"}),
            "t: operator encoder.embed: an embedding of phase encoder cannot read 'target'; in "
            "phase encoder it reads 'source', in phase decoder 'target'");
}

TEST(TraceGraph, InputsMustBeOfAFittingKind) {
  EXPECT_EQ(field_refusal("encoder.layers.0.self_attn.softmax", "inputs", {"encoder.embed"}),
            "t: operator encoder.layers.0.self_attn.softmax: input encoder.embed is of kind "
            "embedding; must be attention_scores");
  EXPECT_THAT(field_refusal("encoder.layers.0.self_attn.out", "inputs",
                            {"encoder.layers.0.self_attn.softmax"}),
              HasSubstr("is of kind softmax; must be a row of features for each token"));
}

TEST(TraceGraph, DecoderSeesThePastOnly) {
  EXPECT_EQ(field_refusal("decoder.layers.0.self_attn.scores", "causal", false),
            "t: operator decoder.layers.0.self_attn.scores: causal is false; must be true for keys "
            "of target tokens");
  EXPECT_EQ(field_refusal("decoder.layers.0.cross_attn.scores", "causal", true),
            "t: operator decoder.layers.0.cross_attn.scores: causal is true; must be false for "
            "keys of source tokens");
}

TEST(TraceGraph, KeysAndValuesBelongTogether) {
  EXPECT_EQ(field_refusal("decoder.layers.0.cross_attn.values", "inputs",
                          {"decoder.layers.0.cross_attn.softmax", "decoder.embed"}),
            "t: operator decoder.layers.0.cross_attn.values: values decoder.embed and keys "
            "decoder.layers.0.cross_attn.k are of different sentences; both must be of the source "
            "or of the target");
  EXPECT_EQ(field_refusal("decoder.layers.0.cross_attn.values", "heads", 4),
            "t: operator decoder.layers.0.cross_attn.values: heads is 4; must be 2 as in "
            "decoder.layers.0.cross_attn.softmax");
  EXPECT_EQ(
      field_refusal("decoder.layers.0.cross_attn.scores", "heads", 3),
      "t: operator decoder.layers.0.cross_attn.scores: heads is 3; must divide the 4 features "
      "of decoder.layers.0.cross_attn.q");
}

TEST(TraceGraph, TheLastOperatorChoosesTheToken) {
  const std::string message =
      "t: graph: the last operator, and no other, must be of kind logits and phase decoder: it "
      "chooses the next token";
  EXPECT_EQ(refusal_after(
                [](TraceParts& t) { t.graph["operators"].erase(t.graph["operators"].size() - 1); }),
            message);
  EXPECT_EQ(refusal_after([](TraceParts& t) { t.graph["operators"] = json::array(); }), message);
}

TEST(TraceGraph, WidthsMustAgree) {
  EXPECT_EQ(field_refusal("encoder.layers.0.norm2", "inputs",
                          {"encoder.layers.0.norm1", "encoder.layers.0.linear1"}),
            "t: operator encoder.layers.0.norm2: encoder.layers.0.norm1 has 4 features, "
            "encoder.layers.0.linear1 has 6; must be equal");
  EXPECT_EQ(field_refusal("encoder.layers.0.self_attn.scores", "inputs", {kQ, "encoder.embed"}),
            "no error");
  EXPECT_THAT(refusal_after([](TraceParts& t) {
                t.tensors["generator.weight"] = int8({2, 4}, std::vector<std::int8_t>(8));
                t.tensors["generator.bias"] = int32({2}, {0, 0});
                t.tensors["generator.multiplier"] = int32({2}, {0, 0});
              }),
              HasSubstr("t: operator generator: 2 output features; must be the vocabulary's 5"));
}

TEST(TraceGraph, TensorsMustFit) {
  EXPECT_EQ(field_refusal(kQ, "weight", kQ + ".wieght"), "t: operator " + kQ +
                                                             ": weight: tensor '" + kQ +
                                                             ".wieght' is not in the file; did you "
                                                             "mean '" +
                                                             kQ + ".weight'?");
  EXPECT_EQ(field_refusal(kQ, "weight", kQ + ".bias"), "t: operator " + kQ + ": weight: tensor '" +
                                                           kQ +
                                                           ".bias' is I32[4]; must be I8 with 2 "
                                                           "dimensions");
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              t.tensors[kQ + ".weight"] = int8({4, 5}, std::vector<std::int8_t>(20));
            }),
            "t: operator " + kQ + ": weight: tensor '" + kQ +
                ".weight' is I8[4, 5]; must be I8[4, "
                "4]");
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              t.tensors[kQ + ".bias"] = int32({3}, {1, 2, 3});
            }),
            "t: operator " + kQ + ": bias: tensor '" + kQ + ".bias' is I32[3]; must be I32[4]");
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              t.tensors[kQ + ".mask"] = uint8({4, 2}, std::vector<std::uint8_t>(8));
            }),
            "t: operator " + kQ + ": mask: tensor '" + kQ + ".mask' is U8[4, 2]; must be U8[4, 1]");
}

TEST(TraceGraph, TensorThatNothingReadsIsRefused) {
  EXPECT_EQ(refusal_after([](TraceParts& t) { t.tensors["spare"] = uint8({1}, {0}); }),
            "t: tensor spare: nothing reads it; name it in the graph or the reference, or leave it "
            "out");
}

TEST(TraceGraph, WeightOutsideTheMaskIsRefused) {
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              t.tensors[kQ + ".mask"] = uint8({4, 1}, {0b1111, 0b1101, 0b1111, 0b1111});
            }),
            "t: operator " + kQ + ": weight [1, 1] is 2 but the mask drops it; must be 0");
}

TEST(TraceGraph, PadBitsOfAMaskMustBeZero) {
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              t.tensors[kQ + ".mask"] = uint8({4, 1}, {0b1111, 0b1111, 0b11111, 0b1111});
            }),
            "t: operator " + kQ + ": mask: row 2 has bits set beyond column 3; they must be 0");
}

TEST(TraceGraph, SumsThatMayOverflowAreRefused) {
  // The weights of row 0 are -3 -2 -1 0: the sum of magnitudes is 6, and 128 * 6 = 768.
  const auto with_bias = [](std::int32_t bias) {
    return refusal_after([&](TraceParts& t) {
      t.tensors[kQ + ".bias"] = int32({4}, {bias, 0, 0, 0});
    });
  };
  EXPECT_EQ(with_bias(2147483647 - 768), "no error");
  EXPECT_EQ(with_bias(2147483647 - 767),
            "t: operator " + kQ +
                ": row 0 can reach 2147483648, beyond 32 bits; |bias| + 128 * sum "
                "|weight| must be below 2^31");
  EXPECT_THAT(with_bias(std::numeric_limits<std::int32_t>::min()),
              HasSubstr("row 0 can reach 2147484416"));
}

TEST(TraceGraph, LogitsThatMayOverflowAreRefused) {
  EXPECT_EQ(
      refusal_after([](TraceParts& t) {
        t.tensors["generator.bias"] = int32({5}, {0, 0, 0, 1 << 30, 0});
        t.tensors["generator.multiplier"] = int32({5}, {1, 1, 1, 1 << 13, 1});
      }),
      "t: operator generator: logit 3 can leave 32 bits; use a smaller multiplier or a larger "
      "shift");
}

TEST(TraceGraph, NegativeMultiplierIsRefused) {
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              t.tensors[kQ + ".multiplier"] = int32({4}, {1, 2, -3, 4});
            }),
            "t: operator " + kQ + ": multiplier of row 2 is -3; must not be negative");
}

TEST(TraceGraph, SoftmaxTableMustFall) {
  const auto with_table = [](std::size_t entry, std::uint16_t value) {
    return refusal_after([&](TraceParts& t) {
      std::vector<std::uint16_t> table(256);
      table[0] = 65535;
      table[entry] = value;
      t.tensors["encoder.layers.0.self_attn.table"] = uint16({256}, table);
    });
  };
  const std::string name = "t: operator encoder.layers.0.self_attn.softmax: ";
  EXPECT_EQ(with_table(0, 65535), "no error");
  EXPECT_EQ(with_table(0, 65534), name + "table starts with 65534; must start with 65535");
  EXPECT_EQ(with_table(9, 1), name + "table rises after entry 8; must never rise");
}

TEST(TraceGraph, NormConstantsAreBounded) {
  const std::string norm = "encoder.layers.0.norm1";
  EXPECT_EQ(refusal_after([&](TraceParts& t) {
              t.tensors[norm + ".gamma"] = int32({4}, {1, -(1 << 24), 1, 1});
            }),
            "t: operator " + norm +
                ": gamma of feature 1 is -16777216; its magnitude must be below "
                "2^24");
  EXPECT_EQ(
      refusal_after([&](TraceParts& t) {
        t.tensors[norm + ".beta"] = int32({4}, {1, 1, 1, std::numeric_limits<std::int32_t>::min()});
      }),
      "t: operator " + norm +
          ": beta of feature 3 is -2^31; its magnitude must be below "
          "2^31");
}

TEST(TraceGraph, OneTensorMayNotServeManyMatrices) {
  EXPECT_THAT(refusal_after([](TraceParts& t) {
                json& operators = t.graph["operators"];
                const json logits = operators.back();
                operators.erase(operators.size() - 1);
                for (int i = 0; i < 65; ++i) {
                  json copy = t.op(kQ);
                  copy["name"] = "copy" + std::to_string(i);
                  operators.push_back(copy);
                }
                operators.push_back(logits);
              }),
              HasSubstr("is read more than 64 times; give each reader its own"));
}

TEST(TraceGraph, AttentionIsWhole) {
  const std::string attention = "encoder.layers.0.self_attn.";
  EXPECT_EQ(
      refusal_after([&](TraceParts& t) {
        t.op(attention + "out")["inputs"] = {attention + "q"};
        json& operators = t.graph["operators"];
        operators.erase(std::find(operators.begin(), operators.end(), t.op(attention + "values")));
      }),
      "t: operator " + attention +
          "softmax: no attention_values reads it; attention is scores, softmax and values "
          "together");
  EXPECT_EQ(refusal_after([&](TraceParts& t) {
              json copy = t.op(attention + "scores");
              copy["name"] = "idle";
              json& operators = t.graph["operators"];
              operators.insert(operators.end() - 1, copy);
            }),
            "t: operator idle: no softmax reads it; attention is scores, softmax and values "
            "together");
}

TEST(TraceGraph, SourceHasAVocabularyOfItsOwn) {
  const auto with_table = [](const std::string& embedding, std::uint64_t pieces) {
    return refusal_after([&](TraceParts& t) {
      t.tensors[embedding + ".table"] = int8({pieces, 4}, std::vector<std::int8_t>(pieces * 4));
    });
  };
  EXPECT_EQ(with_table("encoder.embed", 9), "no error");
  EXPECT_THAT(with_table("encoder.embed", 1), HasSubstr("must be from 0 to 0"));
  EXPECT_THAT(with_table("decoder.embed", 9), HasSubstr("is I8[9, 4]; must be I8[5, 4]"));
}

TEST(TraceGraph, SizesAreTheOperatorsOwn) {
  TraceParts parts = valid_trace();
  for (const char* field : {"d_model", "heads", "d_ff", "encoder_layers", "decoder_layers"}) {
    parts.graph["model"][field] = 7;
  }
  EXPECT_EQ(refusal(parts), "no error");
}

}  // namespace
}  // namespace sim::workload
