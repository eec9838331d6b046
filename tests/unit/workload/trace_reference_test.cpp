#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/workload/trace.h"
#include "tests/support/scratch_folder.h"
#include "tests/unit/workload/trace_builder.h"

namespace sim::workload {
namespace {

using test_support::ScratchFolder;
using testing::HasSubstr;

std::string tensor_refusal(const std::string& name, const TensorParts& tensor) {
  return refusal_after([&](TraceParts& t) { t.tensors[name] = tensor; });
}

/// Message for a path, whatever the class of the error.
std::string open_refusal(const std::string& path) {
  try {
    read_trace(std::make_shared<const TensorFile>(path));
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "no error";
}

TEST(TraceReference, SentencesPointsAndTextsAreRead) {
  const NetworkTask task =
      read_trace(std::make_shared<const TensorFile>(valid_trace().bytes(), "t"));
  ASSERT_EQ(task.samples.size(), 2u);
  EXPECT_EQ(task.samples[0].source, (std::vector<std::int32_t>{4, 2, 3}));
  EXPECT_EQ(task.samples[1].reference, (std::vector<std::int32_t>{4, 4, 3}));
  EXPECT_EQ(task.samples[1].source_tokens, 2u);
  EXPECT_EQ(task.samples[1].target_tokens, 3u);
  EXPECT_EQ(task.samples[1].source_text, " !");
  EXPECT_EQ(task.samples[0].human_text, "Ja");
  EXPECT_EQ(task.vocabulary, (std::vector<std::string>{"a", "", "b", "c", "ä"}));
  ASSERT_EQ(task.points.size(), 2u);
  EXPECT_EQ(task.points[0].shape, (std::vector<std::uint32_t>{3, 4}));
  EXPECT_EQ(task.points[1].int32.size(), 15u);
  EXPECT_EQ(task.model.operators[task.points[1].op].name, "generator");
}

TEST(TraceReference, TextsMayBeMissing) {
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              std::erase_if(t.tensors, [](const auto& i) { return i.first.starts_with("text."); });
            }),
            "no error");
  EXPECT_THAT(refusal_after([](TraceParts& t) { t.tensors.erase("text.human_offsets"); }),
              HasSubstr("tensor 'text.human_offsets' is not in the file"));
}

TEST(TraceReference, TokensMustBeInTheVocabulary) {
  EXPECT_EQ(tensor_refusal("reference.source_tokens", int32({5}, {4, 2, 3, 5, 3})),
            "t: tensor reference.source_tokens: sentence 1: token 5; must be from 0 to 4");
  EXPECT_EQ(tensor_refusal("reference.target_tokens", int32({5}, {1, 3, 4, -1, 3})),
            "t: tensor reference.target_tokens: sentence 1: token -1; must be from 0 to 4");
}

TEST(TraceReference, NothingFollowsTheEndOfSentence) {
  EXPECT_EQ(tensor_refusal("reference.target_tokens", int32({5}, {1, 3, 3, 4, 3})),
            "t: tensor reference.target_tokens: sentence 1: goes on after the end of sentence; it "
            "must be the last token");
}

TEST(TraceReference, OffsetsMustRiseFromZeroToTheEnd) {
  const std::string name = "reference.source_offsets";
  EXPECT_EQ(tensor_refusal(name, int32({3}, {1, 3, 5})),
            "t: tensor reference.source_offsets: starts with 1; must start with 0");
  EXPECT_EQ(tensor_refusal(name, int32({3}, {0, 3, 3})),
            "t: tensor reference.source_offsets: row 1 goes from 3 to 3; must hold at least 1 "
            "element");
  EXPECT_THAT(tensor_refusal(name, int32({3}, {0, 2147483647, -2147483647})),
              HasSubstr("row 1 goes from 2147483647 to -2147483647"));
  EXPECT_EQ(tensor_refusal(name, int32({3}, {0, 3, 4})),
            "t: tensor reference.source_offsets: ends with 4; must end with 5, the number of "
            "elements");
  EXPECT_THAT(tensor_refusal(name, int32({2}, {0, 5})), HasSubstr("is I32[2]; must be I32[3]"));
}

TEST(TraceReference, SentencesMustFitTheModel) {
  EXPECT_EQ(refusal_after([](TraceParts& t) {
              t.tensors["reference.source_tokens"] = int32({11}, std::vector<std::int32_t>(11, 1));
              t.tensors["reference.source_offsets"] = int32({3}, {0, 9, 11});
            }),
            "t: tensor reference.source_tokens: sentence 0: 9 tokens; at most 8 fit the model");
  EXPECT_EQ(refusal_after([](TraceParts& t) { t.reference["sentences"] = 0; }),
            "t: reference: sentences is 0; must be a whole number from 1 to 16777216");
}

TEST(TraceReference, TextsMustBeUtf8) {
  EXPECT_EQ(tensor_refusal("text.source", uint8({4}, {'H', 'i', 0xc3, '!'})),
            "t: tensor text.source: text 1 is not valid UTF-8");
}

TEST(TraceReference, PointsAreChecked) {
  const auto point = [](const std::string& field, const nlohmann::json& value) {
    return refusal_after([&](TraceParts& t) { t.reference["points"][1][field] = value; });
  };
  EXPECT_EQ(point("sentence", 2),
            "t: reference: point 1: sentence is 2; must be a whole number from 0 to 1");
  EXPECT_EQ(point("operator", "generater"),
            "t: reference: point 1: no operator 'generater'; did you mean 'generator'?");
  EXPECT_EQ(point("tensor", "reference.point.0"),
            "t: reference: point 1: tensor 'reference.point.0' belongs to an earlier point; each "
            "has its own");
  EXPECT_EQ(point("operator", "decoder.layers.0.self_attn.softmax"),
            "t: reference: point 1: decoder.layers.0.self_attn.softmax: tensor 'reference.point.1' "
            "is I32[3, 5]; must be I8[2, 3, 3]");
  EXPECT_THAT(point("operator", "decoder.layers.0.cross_attn.scores"),
              HasSubstr("must be I8[2, 3, 2]"));
}

TEST(TraceFile, MissingFileIsNamed) {
  EXPECT_EQ(open_refusal("/nowhere/x.safetensors"),
            "/nowhere/x.safetensors: cannot be opened: No such file or directory");
}

TEST(TraceFile, FolderIsRefused) {
  const ScratchFolder folder;
  EXPECT_EQ(open_refusal(folder.path()), folder.path() + ": not a regular file");
}

TEST(TraceFile, EmptyFileIsRefused) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/empty";
  base::write_file_atomically(path, "");
  EXPECT_EQ(open_refusal(path),
            path + ": 0 bytes long; the file must start with the 8-byte length of its header");
}

TEST(TraceFile, PipeIsRefusedWithoutWaiting) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(open_refusal(path), path + ": not a regular file");
}

TEST(TraceFile, LinksAreFollowedAndDanglingOnesNamed) {
  const ScratchFolder scratch;
  const std::string& folder = scratch.path();
  const auto bytes = valid_trace().bytes();
  base::write_file_atomically(folder + "/real",
                              {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  std::filesystem::create_symlink("real", folder + "/link");
  std::filesystem::create_symlink("gone", folder + "/dangling");
  EXPECT_EQ(open_refusal(folder + "/link"), "no error");
  EXPECT_EQ(open_refusal(folder + "/dangling"),
            folder + "/dangling: cannot be opened: No such file or directory");
}

TEST(TraceFile, TheTinyTraceIsValid) {
  const NetworkTask task = read_trace(
      std::make_shared<const TensorFile>(LOCKSTEP_SOURCE_DIR "/workloads/traces/tiny.safetensors"));
  EXPECT_EQ(task.model.name, "tiny");
  EXPECT_EQ(task.samples.size(), 3u);
  EXPECT_GT(task.points.size(), 60u);
}

/// Whatever byte is changed, the reader refuses or reads: it never crashes.
TEST(TraceFile, EveryFlippedByteIsSurvived) {
  auto bytes = valid_trace().bytes();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    bytes[i] ^= std::byte{0x41};
    refused += refusal(bytes) != "no error";
    bytes[i] ^= std::byte{0x41};
  }
  EXPECT_GT(refused, bytes.size() / 20);
  EXPECT_EQ(refusal(bytes), "no error");
}

}  // namespace
}  // namespace sim::workload
