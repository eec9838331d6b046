// Samples, labels, points and texts of the second schema.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "sim/base/error.h"
#include "sim/workload/trace.h"
#include "tests/support/scratch_folder.h"
#include "tests/unit/workload/network_builder.h"

namespace sim::workload {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

NetworkTask read(const TraceParts& parts) {
  return read_trace(std::make_shared<const TensorFile>(parts.bytes(), "t"));
}

std::string point(MakeTrace make, std::size_t number, const std::string& field, const json& value) {
  return refusal_after(make, [&](TraceParts& t) { t.reference["points"][number][field] = value; });
}

TEST(NetworkSamples, OfAFeedForwardNetworkAreTensors) {
  const NetworkTask task = read(valid_feed_forward());
  ASSERT_EQ(task.samples.size(), 2u);
  ASSERT_EQ(task.samples[1].inputs.size(), 2u);
  EXPECT_EQ(task.samples[1].inputs[0].size(), 192u);
  EXPECT_EQ(task.samples[1].inputs[0][0], 0);   // element 192 of the whole: 192 % 7 - 3
  EXPECT_EQ(task.samples[1].inputs[1][3], -3);  // element 7
  EXPECT_EQ(task.samples[0].label, 9);
  EXPECT_EQ(task.points[0].shape, (std::vector<std::uint32_t>{6, 6, 6}));
  EXPECT_EQ(task.points[1].int32.size(), 10u);
  EXPECT_EQ(task.points[1].sample, 1u);
}

TEST(NetworkSamples, OfADecoderArePromptsAndAnswers) {
  const NetworkTask task = read(valid_decoder());
  ASSERT_EQ(task.samples.size(), 2u);
  EXPECT_THAT(task.samples[0].source, ElementsAre(4, 2, 1));
  EXPECT_THAT(task.samples[1].reference, ElementsAre(4, 4, 4));
  EXPECT_EQ(task.samples[1].max_target_tokens, 3u);
  EXPECT_EQ(task.samples[0].max_target_tokens, 6u);  // 3 and 6 tokens, the last one not fed
  EXPECT_EQ(task.points[1].shape, (std::vector<std::uint32_t>{4, 5}));  // 2 + 3 - 1 rows
}

TEST(NetworkSamples, OfAnEncoderAreSentences) {
  const NetworkTask task = read(valid_encoder());
  EXPECT_THAT(task.samples[0].source, ElementsAre(8, 2, 1));
  EXPECT_THAT(task.vocabulary, ElementsAre("a", "bc"));
  EXPECT_EQ(task.points[0].shape, (std::vector<std::uint32_t>{2, 2, 2}));
  EXPECT_EQ(task.points[1].shape, (std::vector<std::uint32_t>{1, 6}));
}

TEST(NetworkSamples, AreAsManyAsTheFileSays) {
  for (const MakeTrace make : {valid_feed_forward, valid_decoder, valid_encoder}) {
    for (const json& count : {json(3), json(1), json(16777216)}) {
      EXPECT_THAT(refusal_after(make, [&](TraceParts& t) { t.reference["samples"] = count; }),
                  HasSubstr("; must be I"));
    }
    EXPECT_THAT(refusal_after(make, [](TraceParts& t) { t.reference["samples"] = 0; }),
                HasSubstr("from 1 to 16777216"));
    EXPECT_THAT(refusal_after(make, [](TraceParts& t) { t.reference["sentences"] = 2; }),
                HasSubstr("unknown field 'sentences'"));
  }
}

TEST(NetworkSamples, HaveTheTensorsOfTheirKindOnly) {
  for (const char* name : {"reference.source_tokens", "reference.target_tokens", "text.source"}) {
    EXPECT_THAT(tensor_refusal(valid_feed_forward, name, int32({2}, {1, 1})),
                HasSubstr("nothing reads it"));
  }
  EXPECT_THAT(tensor_refusal(valid_encoder, "reference.target_tokens", int32({2}, {1, 1})),
              HasSubstr("nothing reads it"));
  EXPECT_THAT(tensor_refusal(valid_encoder_decoder, "reference.allowed_tokens", int32({2}, {1, 1})),
              HasSubstr("nothing reads it"));
  EXPECT_THAT(tensor_refusal(valid_trace, "reference.labels", int32({2}, {1, 1})),
              HasSubstr("nothing reads it"));
  for (const char* name :
       {"reference.prompt_tokens", "reference.allowed_tokens", "reference.target_offsets"}) {
    EXPECT_THAT(refusal_after(valid_decoder, [&](TraceParts& t) { t.tensors.erase(name); }),
                HasSubstr("is not in the file"));
  }
  EXPECT_THAT(refusal_after(valid_feed_forward,
                            [](TraceParts& t) { t.tensors.erase("reference.inputs.row"); }),
              HasSubstr("'reference.inputs.row' is not in the file"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "reference.inputs.row",
                             int8({2, 4}, std::vector<std::int8_t>(8))),
              HasSubstr("must be I8[2, 1, 4]"));
}

TEST(NetworkSamples, TokensAreInTheVocabularyOfTheirReader) {
  EXPECT_THAT(tensor_refusal(valid_encoder, "reference.source_tokens", int32({5}, {9, 2, 1, 0, 1})),
              HasSubstr("sample 0: token 9; must be from 0 to 8"));
  EXPECT_THAT(tensor_refusal(valid_decoder, "reference.prompt_tokens", int32({5}, {4, 2, 1, 5, 1})),
              HasSubstr("sample 1: token 5; must be from 0 to 4"));
  EXPECT_THAT(tensor_refusal(valid_decoder, "reference.target_tokens", int32({5}, {1, 3, 5, 4, 4})),
              HasSubstr("sample 1: token 5; must be from 0 to 4"));
  EXPECT_THAT(tensor_refusal(valid_decoder, "reference.target_tokens", int32({5}, {3, 3, 4, 4, 4})),
              HasSubstr("sample 0: goes on after the end of sentence"));
}

TEST(NetworkSamples, WithoutATableAnEncoderTakesTokensBelow2To20) {
  const auto with = [](std::int32_t token) {
    return refusal_after(valid_encoder, [&](TraceParts& t) {
      t.tensors["c"] = int8({2, 3}, {1, 2, 3, 4, 5, 6});
      t.graph["operators"] = json::array(
          {{{"name", "c"}, {"kind", "constant"}, {"inputs", json::array()}, {"value", "c"}}});
      t.graph["model"]["outputs"] = {"c"};
      t.reference["points"] = json::array();
      std::erase_if(t.tensors, [](const auto& i) {
        return i.first != "c" && !i.first.starts_with("reference.source");
      });
      t.tensors["reference.source_tokens"] = int32({5}, {token, 2, 1, 0, 1});
    });
  };
  EXPECT_EQ(with((1 << 20) - 1), "no error");
  EXPECT_THAT(with(1 << 20), HasSubstr("token 1048576; must be from 0 to 1048575"));
}

TEST(NetworkSamples, PromptAndAnswerFitTheNetwork) {
  EXPECT_THAT(tensor_refusal(valid_decoder, "reference.allowed_tokens", int32({2}, {1, 3})),
              HasSubstr("1 tokens may be produced, but 2 were"));
  EXPECT_THAT(tensor_refusal(valid_decoder, "reference.allowed_tokens", int32({2}, {0, 3})),
              HasSubstr("0 tokens may be produced"));
  const auto answered = [](int tokens) {
    return refusal_after(valid_decoder, [&](TraceParts& t) {
      t.tensors["reference.target_tokens"] =
          int32({static_cast<std::uint64_t>(tokens + 3)}, std::vector<std::int32_t>(tokens + 3, 4));
      t.tensors["reference.target_offsets"] = int32({3}, {0, tokens, tokens + 3});
      t.tensors["reference.allowed_tokens"] = int32({2}, {100, 3});
      t.reference["points"].erase(0);
      t.tensors.erase("reference.point.0");
    });
  };
  EXPECT_EQ(answered(6), "no error");  // 3 + 6 - 1 = 8
  EXPECT_THAT(answered(7), HasSubstr("3 tokens of the prompt and 7 produced; the network takes 8"));
}

TEST(NetworkSamples, DecodingStopsWhereTheNetworkDoes) {
  TraceParts parts = valid_decoder();
  parts.tensors["reference.allowed_tokens"] = int32({2}, {100, 100});
  const NetworkTask task = read(parts);
  EXPECT_EQ(task.samples[0].max_target_tokens, 6u);  // max_tokens + 1 - 3
  EXPECT_EQ(task.samples[1].max_target_tokens, 7u);
}

TEST(NetworkSamples, LabelsAreIndices) {
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "reference.labels", int32({2}, {0, -1})),
              HasSubstr("tensor reference.labels: holds a negative label"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "reference.labels", int32({1}, {0})),
              HasSubstr("must be I32[2]"));
}

TEST(NetworkSamples, PointsAreOfOperators) {
  EXPECT_THAT(point(valid_feed_forward, 0, "operator", "image"), HasSubstr("no operator 'image'"));
  EXPECT_THAT(point(valid_feed_forward, 0, "operator", "pixel"), HasSubstr("must be I8[4, 1, 1]"));
  EXPECT_THAT(point(valid_decoder, 0, "sample", 1), "no error");  // as many rows
  EXPECT_THAT(point(valid_encoder, 0, "sample", 0), HasSubstr("must be I8[2, 3, 3]"));
  EXPECT_THAT(point(valid_decoder, 1, "operator", "embed"), HasSubstr("must be I8[4, 4]"));
  EXPECT_THAT(point(valid_decoder, 0, "sentence", 0), HasSubstr("unknown field 'sentence'"));
}

TEST(NetworkSamples, ManySamplesAskForTheirMemoryFirst) {
  TraceParts parts = valid_feed_forward();
  parts.graph["model"]["inputs"] = {{{"name", "row"}, {"shape", {1, 1}}}};
  parts.graph["model"]["outputs"] = {"c"};
  parts.graph["operators"] = json::array(
      {{{"name", "c"}, {"kind", "constant"}, {"inputs", json::array()}, {"value", "c"}}});
  parts.tensors = {
      {"c", int8({1, 1}, {1})},
      {"reference.inputs.row", int8({1 << 20, 1, 1}, std::vector<std::int8_t>(1 << 20))}};
  parts.reference = {{"samples", 1 << 20}, {"points", json::array()}};
  const test_support::ScratchFolder folder;
  const std::string path = folder.path() + "/t";
  const auto bytes = parts.bytes();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  EXPECT_THROW(open_trace(path, base::MemoryLimit::given("64M")), base::MemoryError);
  EXPECT_EQ(open_trace(path, base::MemoryLimit{}).samples.size(), std::size_t{1} << 20);
}

/// Whatever byte is changed, the reader refuses or reads: it never crashes.
TEST(NetworkSamples, EveryFlippedByteIsSurvived) {
  for (const MakeTrace make : {valid_feed_forward, valid_decoder, valid_encoder}) {
    auto bytes = make().bytes();
    std::size_t refused = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 11) {
      bytes[i] ^= std::byte{0x41};
      refused += refusal(bytes) != "no error";
      bytes[i] ^= std::byte{0x41};
    }
    EXPECT_GT(refused, bytes.size() / 40);
    EXPECT_EQ(refusal(bytes), "no error");
  }
}

}  // namespace
}  // namespace sim::workload
