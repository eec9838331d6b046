#include "sim/workload/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/workload/trace_builder.h"

namespace sim::workload {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// The valid trace after a change of its header.
std::string header_refusal(const std::function<void(ordered_json&)>& change) {
  const TraceParts parts = valid_trace();
  ordered_json header = parts.header();
  change(header);
  return refusal(assemble(header.dump(), parts.data()));
}

/// The refusal of a header given as text, without data.
std::string text_refusal(const std::string& header) { return refusal(assemble(header, {})); }

TEST(Safetensors, FileShorterThanItsLengthFieldIsRefused) {
  EXPECT_EQ(refusal(std::vector<std::byte>{}),
            "t: 0 bytes long; the file must start with the 8-byte length of its header");
  EXPECT_EQ(refusal(std::vector<std::byte>(7)),
            "t: 7 bytes long; the file must start with the 8-byte length of its header");
}

TEST(Safetensors, OversizedHeaderIsRefusedBeforeItIsRead) {
  std::vector<std::byte> bytes(64, std::byte{0xff});
  EXPECT_EQ(refusal(bytes),
            "t: header of 18446744073709551615 bytes; at most 16777216 are allowed (is this a "
            "safetensors file?)");
}

TEST(Safetensors, HeaderBeyondTheFileIsTruncated) {
  auto bytes = valid_trace().bytes();
  bytes.resize(100);
  EXPECT_THAT(refusal(bytes), testing::MatchesRegex("t: truncated: the header ends at byte [0-9]+, "
                                                    "the file at 100"));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const auto bytes = valid_trace().bytes();
  for (std::size_t size = 0; size < bytes.size(); size += 41) {
    EXPECT_NE(refusal({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}),
              "no error")
        << size;
  }
}

TEST(Safetensors, TruncatedDataNameTheTensor) {
  auto bytes = valid_trace().bytes();
  bytes.pop_back();
  EXPECT_THAT(refusal(bytes), testing::StartsWith("t: tensor text.vocabulary: truncated: ends at"));
}

TEST(Safetensors, BytesAfterTheLastTensorAreRefused) {
  auto bytes = valid_trace().bytes();
  bytes.resize(bytes.size() + 3);
  EXPECT_EQ(refusal(bytes), "t: 3 bytes after the last tensor; there must be none");
}

TEST(Safetensors, HeaderMustEndOnAMultipleOf64) {
  std::vector<std::byte> bytes(8 + 10);
  bytes[0] = std::byte{10};
  EXPECT_EQ(refusal(bytes),
            "t: tensors start at byte 18; the header must be padded with spaces to a multiple of "
            "64");
}

TEST(Safetensors, HeaderThatIsNotJsonIsRefused) {
  EXPECT_THAT(text_refusal("{\"a\": 1,}"), testing::StartsWith("t: header: not valid JSON: "));
  EXPECT_EQ(text_refusal("{\"a\": 1,"),
            "t: header: must end with '}', then spaces only, up to its length");
  EXPECT_THAT(text_refusal("{\"a\": NaN}"), testing::StartsWith("t: header: not valid JSON: "));
  EXPECT_THAT(text_refusal("{\"a\": 1e999}"), testing::StartsWith("t: header: not valid JSON: "));
  EXPECT_THAT(text_refusal("{\"\xff\": 1}"), testing::StartsWith("t: header: not valid JSON: "));
  EXPECT_EQ(text_refusal("[]"), "t: header: must start with '{'");
  EXPECT_EQ(text_refusal(" {}"), "t: header: must start with '{'");
  EXPECT_EQ(text_refusal(""), "t: header: must start with '{'");
}

TEST(Safetensors, OnlySpacesMayFollowTheJson) {
  for (const std::string tail : {"\n", "\t", "\r", "}", "x"}) {
    EXPECT_NE(text_refusal("{}" + tail).find("header: "), std::string::npos) << tail;
  }
  EXPECT_EQ(text_refusal("{}\n"),
            "t: header: must end with '}', then spaces only, up to its length");
  EXPECT_EQ(text_refusal(std::string("{}\0", 3)),
            "t: header: must end with '}', then spaces only, up to its length");
}

TEST(Safetensors, NulEndsNothing) {
  EXPECT_EQ(text_refusal(std::string("{}\0{not json}", 13)),
            "t: header: not valid JSON: holds a NUL byte");
  EXPECT_EQ(
      refusal_after([](TraceParts& p) { p.schema += '\0'; }),
      "t: __metadata__: schema is 'lockstep-trace-1\\x00'; wanted here is 'lockstep-trace-2'");
}

TEST(Safetensors, EntriesStandInTheOrderOfTheirData) {
  const TraceParts parts = valid_trace();
  ordered_json header = parts.header();
  ordered_json reversed;
  for (auto entry = header.end(); entry != header.begin();) {
    --entry;
    reversed[entry.key()] = entry.value();
  }
  EXPECT_THAT(refusal(assemble(reversed.dump(), parts.data())), testing::HasSubstr("(no holes)"));
}

TEST(Safetensors, DeepNestingIsRefused) {
  EXPECT_EQ(text_refusal("{\"a\":" + std::string(1'000'000, '[') + "}"),
            "t: header: nested more than 8 levels deep");
}

TEST(Safetensors, TooManyValuesAreRefused) {
  std::string many = "{\"a\": [0";
  for (int i = 0; i < 2'000'001; ++i) many += ",0";
  EXPECT_EQ(text_refusal(many + "]}"), "t: header: more than 1000000 values");
}

TEST(Safetensors, RepeatedKeyIsRefused) {
  EXPECT_EQ(text_refusal(R"({"x": 1, "y": {"x": 2}, "x": 3})"),
            "t: header: key 'x' is given twice in one object");
  EXPECT_EQ(text_refusal(R"({"x": {"dtype": "I8", "dtype": "U8"}})"),
            "t: header: key 'dtype' is given twice in one object");
}

TEST(Safetensors, MetadataMustBeTexts) {
  EXPECT_EQ(text_refusal("{}"), "t: __metadata__ is missing; the file must describe itself there");
  EXPECT_EQ(text_refusal(R"({"__metadata__": 1})"), "t: __metadata__ must be an object of texts");
  EXPECT_EQ(text_refusal(R"({"__metadata__": {"schema": 1}})"),
            "t: __metadata__ 'schema' must be a text");
}

TEST(Safetensors, TensorNameMustBePrintable) {
  EXPECT_EQ(header_refusal([](ordered_json& h) { h["a\nb"] = h["text.human"]; }),
            "t: tensor name 'a\\x0ab'; must be 1 to 256 printable ASCII characters");
  EXPECT_THAT(header_refusal([](ordered_json& h) { h[std::string(257, 'x')] = h["text.human"]; }),
              testing::HasSubstr("must be 1 to 256 printable ASCII characters"));
}

TEST(Safetensors, TensorEntryMustBeComplete) {
  EXPECT_EQ(header_refusal([](ordered_json& h) { h["text.human"] = 1; }),
            "t: tensor text.human: is 1; must be a JSON object");
  EXPECT_EQ(header_refusal([](ordered_json& h) { h["text.human"].erase("dtype"); }),
            "t: tensor text.human: field 'dtype' is missing; must be a text");
  EXPECT_EQ(header_refusal([](ordered_json& h) { h["text.human"]["shap"] = 1; }),
            "t: tensor text.human: unknown field 'shap'; did you mean 'shape'?; known here: "
            "data_offsets, dtype, shape");
}

TEST(Safetensors, UnknownDtypeIsRefused) {
  EXPECT_EQ(header_refusal([](ordered_json& h) { h["text.human"]["dtype"] = "F32"; }),
            "t: tensor text.human: dtype 'F32'; must be one of I8, U8, U16, I32");
}

TEST(Safetensors, ShapeMustBeOneToFourPositiveNumbers) {
  for (const json& shape :
       {json::array(), json{1, 1, 1, 1, 2}, json{0}, json{-2}, json{2.0}, json{"2"}, json{1e30}}) {
    EXPECT_THAT(header_refusal([&](ordered_json& h) { h["text.human"]["shape"] = shape; }),
                testing::AllOf(testing::StartsWith("t: tensor text.human: shape ["),
                               testing::EndsWith("must be 1 to 4 whole numbers of at least 1")));
  }
}

TEST(Safetensors, ShapeThatOverflowsIsRefused) {
  const std::uint64_t huge = std::uint64_t{1} << 33;
  EXPECT_EQ(header_refusal([&](ordered_json& h) {
              h["text.human"]["shape"] = {huge, huge};
            }),
            "t: tensor text.human: shape 8589934592 x 8589934592 has more than 2^64 bytes");
}

TEST(Safetensors, OffsetsMustBeTwoAscendingNumbers) {
  for (const json& offsets : {json{1}, json{2, 1}, json{-1, 1}, json{0.0, 2.0}, json{0, 1, 2}}) {
    EXPECT_THAT(header_refusal([&](ordered_json& h) { h["text.human"]["data_offsets"] = offsets; }),
                testing::HasSubstr("must be [begin, end], two ascending whole numbers"));
  }
}

TEST(Safetensors, OffsetsMustFitTheShape) {
  EXPECT_THAT(header_refusal([](ordered_json& h) { h["text.human"]["shape"] = {3}; }),
              testing::HasSubstr("hold 2 bytes; U8[3] needs 3"));
}

TEST(Safetensors, HoleIsRefused) {
  EXPECT_THAT(header_refusal([](ordered_json& h) { h.erase("text.source"); }),
              testing::MatchesRegex("t: tensor text.vocabulary: begins at byte [0-9]+ of the data; "
                                    "must begin at [0-9]+ .no holes."));
}

TEST(Safetensors, OverlapIsRefused) {
  EXPECT_THAT(header_refusal([](ordered_json& h) { h["second"] = h["text.source"]; }),
              testing::HasSubstr("(no overlaps)"));
}

TEST(Safetensors, MisalignedTensorIsRefused) {
  const json header = {{"__metadata__", json::object()},
                       {"a", {{"dtype", "I8"}, {"shape", {1}}, {"data_offsets", {0, 1}}}},
                       {"b", {{"dtype", "I32"}, {"shape", {1}}, {"data_offsets", {1, 5}}}}};
  EXPECT_EQ(refusal(assemble(header.dump(), std::vector<std::byte>(5))),
            "t: tensor b: not aligned to its element size; order tensors by falling element size");
}

TEST(Safetensors, TensorsAreViewsOfTheFile) {
  const auto bytes = valid_trace().bytes();
  const Safetensors file(bytes, "t");
  const Tensor& human = file.tensors().at("text.human");
  EXPECT_EQ(human.shape, Shape{2});
  EXPECT_EQ(human.bytes[1], std::byte{'a'});
  EXPECT_GE(human.bytes.data(), bytes.data());
  EXPECT_LT(human.bytes.data(), bytes.data() + bytes.size());
}

}  // namespace
}  // namespace sim::workload
