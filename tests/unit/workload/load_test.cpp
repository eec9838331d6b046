#include "sim/workload/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "sim/base/error.h"
#include "sim/workload/kind_keys.h"
#include "tests/unit/workload/load_support.h"

namespace sim::workload {
namespace {

using base::ConfigReader;
using test::kFolder;
using test::refusal;
using test::task;
using testing::HasSubstr;

std::string trace_refusal(const std::string& sentences) {
  return refusal("kind: trace\ntrace: traces/tiny.safetensors\nsentences: " + sentences);
}

TEST(Load, KeysOfTheOtherKindAreRefused) {
  EXPECT_EQ(refusal("kind: trace\ntrace: x\nd_model: 3"),
            "w.yaml:3: d_model: is read only when kind is transformer; remove it");
  EXPECT_EQ(refusal("kind: transformer\ntrace: x"),
            "w.yaml:2: trace: is read only when kind is trace; remove it");
  EXPECT_EQ(refusal("kind: transformer\nsentences: {max_target_tokens: 3}"),
            "w.yaml:2: sentences.max_target_tokens: is read only when kind is trace; remove it");
  EXPECT_EQ(trace_refusal("{source_tokens: 3}"),
            "w.yaml:3: sentences.source_tokens: is read only when kind is transformer with lengths "
            "fixed, or network with model not feed_forward; remove it");
}

TEST(Load, WrongKeysAreNamed) {
  EXPECT_EQ(refusal("trace: x"),
            "w.yaml:1: kind: is required: one of trace, transformer, luts, network, matrices, "
            "nvdla_program");
  EXPECT_EQ(refusal("kind: trance"),
            "w.yaml:1: kind: 'trance' is not one of trace, transformer, luts, network, matrices, "
            "nvdla_program; did you "
            "mean 'trace'?");
  EXPECT_EQ(refusal("kind: trace"), "w.yaml:1: trace: is required");
  EXPECT_EQ(refusal("kind: transformer\nd_mdel: 5"),
            "w.yaml:2: d_mdel: unknown key; did you mean 'd_model'?");
  EXPECT_EQ(refusal("kind: transformer\nd_model: 10\nheads: 4"),
            "w.yaml:3: heads: is 4; must divide d_model, which is 10");
  EXPECT_THAT(refusal("kind: transformer\nd_model: 16384\nd_ff: 65536\nencoder_layers: 64"),
              HasSubstr("weights; at most 4294967296 are allowed"));
}

TEST(Load, MissingFilesAreNamedWithTheirPathBesideTheWorkload) {
  const std::string trace = refusal("kind: trace\ntrace: traces/gone.safetensors");
  EXPECT_THAT(trace, testing::StartsWith("w.yaml:2: trace: "));
  EXPECT_THAT(trace, testing::EndsWith(
                         "/traces/gone.safetensors: cannot be opened: No such file or directory"));
  EXPECT_THAT(refusal("kind: transformer\nsentences: {lengths: histogram, file: gone.csv}"),
              HasSubstr("gone.csv: cannot be opened: No such file or directory"));
}

TEST(Load, OverridesReplaceKeys) {
  ConfigReader reader =
      open_workload(kFolder + "tiny-synthetic.yaml", {{"sentences.count", "5"}}, std::nullopt);
  EXPECT_EQ(task(load(reader)).samples.size(), 5u);
}

TEST(Load, EveryKeyIsDescribed) {
  std::set<std::string> paths;
  for (const base::KeyDoc& doc : workload_keys()) {
    EXPECT_TRUE(paths.insert(doc.path).second) << doc.path << " is described twice";
    EXPECT_FALSE(doc.meaning.empty()) << doc.path;
  }
  for (const char* path :
       {"kind", "trace", "d_model", "vocabulary", "mask.kind", "mask.density", "mask.row_sigma",
        "mask.trace", "seed", "sentences.list", "sentences.first", "sentences.count",
        "sentences.max_target_tokens", "sentences.lengths", "sentences.file"}) {
    EXPECT_TRUE(paths.contains(path)) << path;
  }
}

/// Every file of workloads/ is read without a complaint about its keys; those whose trace is there
/// are loaded.
TEST(Load, PresetsAreRight) {
  std::size_t presets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".yaml") continue;
    ConfigReader reader = open_workload(entry.path().string());
    EXPECT_NO_THROW(read_source(reader, workload_kinds())) << entry.path();
    ++presets;
  }
  EXPECT_GE(presets, 8u);
}

}  // namespace
}  // namespace sim::workload
