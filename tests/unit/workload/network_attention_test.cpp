// Attention of the second schema: heads, masks, windows, biases, and who may see whom.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/workload/network_builder.h"

namespace sim::workload {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string scores(MakeTrace make, const std::string& field, const json& value) {
  return field_refusal(make, "self.scores", field, value);
}

std::string put_before(const std::string& next, TraceParts& t, const json& op) {
  json& all = t.graph["operators"];
  for (auto at = all.begin(); at != all.end(); ++at) {
    if ((*at)["name"] != next) continue;
    all.insert(at, op);
    break;
  }
  return op["name"];
}

/// Three rows that never change, as a constant of the trace.
void put_fixed_rows(TraceParts& t, std::uint64_t features, const std::string& before) {
  t.tensors["fixed"] = int8({3, features}, std::vector<std::int8_t>(3 * features));
  put_before(
      before, t,
      {{"name", "fixed"}, {"kind", "constant"}, {"inputs", json::array()}, {"value", "fixed"}});
}

TEST(NetworkAttention, HeadsOfKeysDivideThoseOfQueries) {
  EXPECT_THAT(scores(valid_decoder, "kv_heads", 3), HasSubstr("from 1 to 2"));
  EXPECT_THAT(scores(valid_decoder, "kv_heads", 0), HasSubstr("from 1 to 2"));
  EXPECT_THAT(refusal_after(valid_encoder,
                            [](TraceParts& t) {
                              t.op("self.scores").update({{"heads", 3}, {"kv_heads", 2}});
                            }),
              HasSubstr("kv_heads is 2; must divide the 3 heads"));
  EXPECT_THAT(scores(valid_encoder, "heads", 4),
              HasSubstr("heads is 4; must divide the 6 features of self.q"));
  EXPECT_THAT(scores(valid_encoder, "kv_heads", 1),
              HasSubstr("self.q has 6 features, self.k has 6; must be equal for each head"));
}

TEST(NetworkAttention, ValuesHaveTheHeadsOfTheirScores) {
  EXPECT_THAT(field_refusal(valid_decoder, "self.values", "heads", 1),
              HasSubstr("heads is 1; must be 2 as in self.softmax"));
  EXPECT_THAT(field_refusal(valid_decoder, "self.values", "kv_heads", 2),
              HasSubstr("kv_heads is 2; must be 1 as in self.scores"));
  EXPECT_THAT(field_refusal(valid_decoder, "self.values", "inputs", {"self.scores", "self.v"}),
              HasSubstr("input self.scores is of kind attention_scores; must be softmax"));
  EXPECT_THAT(field_refusal(valid_encoder, "self.softmax", "inputs", {"norm"}),
              HasSubstr("input norm is of kind norm; must be attention_scores"));
  EXPECT_THAT(refusal_after(valid_encoder,
                            [](TraceParts& t) {
                              put_fixed_rows(t, 6, "self.scores");
                              t.op("self.values")["inputs"] = {"self.softmax", "fixed"};
                            }),
              HasSubstr("values fixed and keys self.k"));
}

TEST(NetworkAttention, ResultsAreAsWideAsAllHeads) {
  // 2 heads of queries, one of keys: values of 32769 features would make 65538.
  EXPECT_THAT(
      refusal_after(
          valid_decoder,
          [](TraceParts& t) {
            t.tensors["self.v.weight"] = int8({32769, 4}, std::vector<std::int8_t>(32769 * 4));
            t.tensors["self.v.bias"] = int32({32769}, std::vector<std::int32_t>(32769));
            t.tensors["self.v.multiplier"] = t.tensors["self.v.bias"];
          }),
      HasSubstr("operator self.values: makes 65538 features"));
}

TEST(NetworkAttention, TargetRowsSeeEarlierOnesAndTheWholeSource) {
  EXPECT_THAT(scores(valid_decoder, "mask", "none"),
              HasSubstr("mask is none; must be causal for keys of target tokens"));
  EXPECT_THAT(scores(valid_decoder, "mask", "full"), HasSubstr("must be one of none, causal"));
  EXPECT_THAT(
      field_refusal(valid_encoder_decoder, "decoder.layers.0.cross_attn.scores", "mask", "causal"),
      HasSubstr("mask is causal; must be none for keys of source tokens"));
  EXPECT_EQ(
      refusal_after(valid_encoder, [](TraceParts& t) { t.op("self.scores")["mask"] = "causal"; }),
      "no error");
}

TEST(NetworkAttention, OnlyTargetRowsSeeTargetRows) {
  EXPECT_THAT(refusal_after(valid_decoder,
                            [](TraceParts& t) {
                              put_fixed_rows(t, 4, "self.scores");
                              t.op("self.scores").erase("window");
                              t.op("self.scores").erase("bias");
                              t.op("self.scores")["inputs"] = {"fixed", "self.k"};
                            }),
              HasSubstr("queries fixed are not of the target, but keys self.k are"));
}

TEST(NetworkAttention, KeysThatNeverChangeAreSeenWhole) {
  const auto fixed_keys = [](const char* mask) {
    return refusal_after(valid_decoder, [&](TraceParts& t) {
      put_fixed_rows(t, 2, "self.scores");
      t.op("self.scores").erase("window");
      t.op("self.scores").erase("bias");
      t.op("self.scores").update({{"inputs", {"self.q", "fixed"}}, {"mask", mask}});
      t.op("self.values")["inputs"] = {"self.softmax", "fixed"};
      t.tensors.erase("self.bias");
      t.reference["points"].erase(2);
      t.tensors.erase("reference.point.2");
    });
  };
  EXPECT_EQ(fixed_keys("none"), "no error");
  EXPECT_THAT(fixed_keys("causal"), HasSubstr("mask is causal; must be none"));
}

TEST(NetworkAttention, WindowsAskForAsManyKeysAsQueries) {
  EXPECT_THAT(scores(valid_decoder, "window", 0), HasSubstr("from 1 to 65536"));
  EXPECT_THAT(scores(valid_decoder, "window", 65537), HasSubstr("from 1 to 65536"));
  EXPECT_EQ(scores(valid_encoder, "window", 2), "no error");
  EXPECT_THAT(
      field_refusal(valid_encoder_decoder, "decoder.layers.0.cross_attn.scores", "window", 2),
      HasSubstr("queries and keys differ in number"));
}

TEST(NetworkAttention, ABiasHasANumberForEachDistance) {
  EXPECT_THAT(
      tensor_refusal(valid_decoder, "self.bias", int32({2, 14}, std::vector<std::int32_t>(28))),
      HasSubstr("is I32[2, 14]; must be I32[2, 15]"));
  EXPECT_THAT(
      tensor_refusal(valid_encoder, "self.bias", int32({1, 11}, std::vector<std::int32_t>(11))),
      HasSubstr("must be I32[2, 11]"));
  EXPECT_THAT(refusal_after(valid_encoder,
                            [](TraceParts& t) {
                              put_fixed_rows(t, 6, "self.scores");
                              t.op("self.scores")["inputs"] = {"fixed", "self.k"};
                            }),
              HasSubstr("has a bias, but queries and keys differ in number"));
  EXPECT_THAT(refusal_after(valid_encoder,
                            [](TraceParts& t) {
                              put_fixed_rows(t, 6, "self.scores");
                              t.op("self.scores")["inputs"] = {"self.q", "fixed"};
                            }),
              HasSubstr("has a bias, but the keys are of a fixed number"));
}

/// For a fixed number of rows M is that number.
TEST(NetworkAttention, ABiasOfFixedRowsIsAsLongAsThey) {
  const auto with = [](std::uint64_t distances) {
    return refusal_after(valid_encoder, [&](TraceParts& t) {
      put_fixed_rows(t, 6, "self.scores");
      t.op("self.scores")["inputs"] = {"fixed", "fixed"};
      t.op("self.values")["inputs"] = {"self.softmax", "fixed"};
      t.op("shifted")["inputs"] = {"self.values", "first"};
      t.tensors["self.bias"] = int32({2, distances}, std::vector<std::int32_t>(2 * distances));
    });
  };
  EXPECT_THAT(with(11), HasSubstr("must be I32[2, 5]"));
  EXPECT_THAT(with(5), testing::Not(HasSubstr("self.bias")));
}

TEST(NetworkAttention, ScoresThatNeverChangeAreBounded) {
  EXPECT_THAT(
      refusal_after(valid_encoder,
                    [](TraceParts& t) {
                      t.tensors["fixed"] = int8({8192, 6}, std::vector<std::int8_t>(8192 * 6));
                      put_before("self.scores", t,
                                 {{"name", "fixed"},
                                  {"kind", "constant"},
                                  {"inputs", json::array()},
                                  {"value", "fixed"}});
                      t.op("self.scores")["inputs"] = {"fixed", "fixed"};
                    }),
      HasSubstr("makes 2 x 8192 x 8192 scores; at most 67108864"));
}

TEST(NetworkAttention, AttentionIsWholeInEveryKind) {
  EXPECT_THAT(field_refusal(valid_decoder, "sum", "inputs", {"embed", "embed"}), "no error");
  EXPECT_THAT(refusal_after(valid_encoder,
                            [](TraceParts& t) {
                              json copy = t.op("self.scores");
                              copy["name"] = "idle";
                              put_before("classes", t, copy);
                            }),
              HasSubstr("operator idle: no softmax reads it"));
  EXPECT_THAT(field_refusal(valid_encoder, "shifted", "inputs", {"self.softmax", "mean"}),
              HasSubstr("input self.softmax is of kind softmax"));
}

TEST(NetworkAttention, RowsOfATargetAreNotMixed) {
  const auto with = [](const json& fields) {
    return refusal_after(valid_decoder, [&](TraceParts& t) {
      json op = fields;
      op.update({{"name", "mix"}, {"inputs", {"norm"}}});
      if (op["kind"] == "concat") op["inputs"] = {"norm", "embed"};
      put_before("next", t, op);
    });
  };
  for (const json& fields :
       {json{{"kind", "global_average"}, {"multiplier", 1}, {"shift", 1}},
        json{{"kind", "split"}, {"axis", "tokens"}, {"begin", 0}, {"size", 1}},
        json{{"kind", "concat"}, {"axis", "tokens"}, {"multipliers", {1, 1}}, {"shift", 1}},
        json{{"kind", "flatten"}, {"to", "features"}}}) {
    EXPECT_THAT(with(fields), HasSubstr("operator mix: mixes rows of a target")) << fields;
  }
  EXPECT_EQ(with({{"kind", "split"}, {"axis", "features"}, {"begin", 1}, {"size", 2}}), "no error");
}

}  // namespace
}  // namespace sim::workload
