#include "sim/workload/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/key_doc.h"
#include "sim/workload/workload_config.h"

namespace sim::workload {
namespace {

using base::ConfigReader;
using testing::HasSubstr;

const std::string kTrace = LOCKSTEP_SOURCE_DIR "/workloads/traces/tiny.safetensors";
const std::string kFolder = LOCKSTEP_SOURCE_DIR "/workloads/";

Workload load_text(const std::string& yaml) {
  ConfigReader reader = ConfigReader::text(yaml, kFolder + "w.yaml");
  return load(reader);
}

/// Message of the refusal without the folder.
std::string refusal(const std::string& yaml) {
  try {
    load_text(yaml);
  } catch (const base::UserError& e) {
    const std::string message = e.what();
    return message.starts_with(kFolder) ? message.substr(kFolder.size()) : message;
  }
  return "no error";
}

std::string trace_refusal(const std::string& sentences) {
  return refusal("kind: trace\ntrace: traces/tiny.safetensors\nsentences: " + sentences);
}

const TranslationTask& task(const Workload& workload) {
  return std::get<TranslationTask>(workload.task);
}

std::vector<std::uint32_t> indices(const Workload& workload) {
  std::vector<std::uint32_t> result;
  for (const Sentence& s : task(workload).sentences) result.push_back(s.index);
  return result;
}

Workload tiny_trace(const std::string& sentences) {
  return load_text("kind: trace\ntrace: traces/tiny.safetensors\nsentences: " + sentences);
}

TEST(Load, EverySentenceOfATraceByDefault) {
  const Workload w = load(kFolder + "tiny.yaml");
  EXPECT_EQ(w.name, "tiny");
  EXPECT_TRUE(task(w).model.has_values);
  EXPECT_EQ(indices(w), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(Load, SentencesAreChosenByRangeOrList) {
  EXPECT_EQ(indices(tiny_trace("{first: 1}")), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(indices(tiny_trace("{first: 1, count: 1}")), std::vector<std::uint32_t>{1});
  EXPECT_EQ(indices(tiny_trace("{list: [2, 0]}")), (std::vector<std::uint32_t>{2, 0}));
}

TEST(Load, PointsOfOtherSentencesAreLeftOut) {
  const std::size_t all = task(tiny_trace("{}")).points.size();
  const Workload w = tiny_trace("{list: [1]}");
  EXPECT_LT(task(w).points.size(), all);
  EXPECT_FALSE(task(w).points.empty());
  for (const ReferencePoint& p : task(w).points) EXPECT_EQ(p.sentence, 1u);
}

TEST(Load, DecodingEndsAtTwiceTheLengthPlusTenOrWhereTheModelEnds) {
  const Workload w = tiny_trace("{}");
  EXPECT_EQ(task(w).sentences[1].source_tokens, 3u);
  EXPECT_EQ(task(w).sentences[1].max_target_tokens, 16u);
  const Workload limited = tiny_trace("{max_target_tokens: 4}");
  EXPECT_EQ(task(limited).sentences[1].max_target_tokens, 4u);
  const Workload beyond = tiny_trace("{max_target_tokens: 1000}");
  EXPECT_EQ(task(beyond).sentences[1].max_target_tokens, task(w).model.shape.max_tokens);
}

TEST(Load, SentencesThatTheTraceLacksAreRefused) {
  EXPECT_EQ(trace_refusal("{first: 2, count: 2}"),
            "w.yaml:3: sentences.count: number 3 is not in the trace, which has 0 to 2");
  EXPECT_EQ(trace_refusal("{list: [7]}"),
            "w.yaml:3: sentences.list: number 7 is not in the trace, which has 0 to 2");
  EXPECT_EQ(trace_refusal("{first: 9}"),
            "w.yaml:3: sentences.first: number 9 is not in the trace, which has 0 to 2");
  EXPECT_EQ(trace_refusal("{list: [1, 1]}"), "w.yaml:3: sentences.list: number 1 is listed twice");
  EXPECT_EQ(trace_refusal("{list: [1], first: 2}"),
            "w.yaml:3: sentences.first: is read only when kind is trace and list is not given; "
            "remove it");
}

TEST(Load, KeysOfTheOtherKindAreRefused) {
  EXPECT_EQ(refusal("kind: trace\ntrace: x\nd_model: 3"),
            "w.yaml:3: d_model: is read only when kind is transformer; remove it");
  EXPECT_EQ(refusal("kind: transformer\ntrace: x"),
            "w.yaml:2: trace: is read only when kind is trace; remove it");
  EXPECT_EQ(refusal("kind: transformer\nsentences: {max_target_tokens: 3}"),
            "w.yaml:2: sentences.max_target_tokens: is read only when kind is trace; remove it");
  EXPECT_EQ(trace_refusal("{source_tokens: 3}"),
            "w.yaml:3: sentences.source_tokens: is read only when kind is transformer and lengths "
            "is fixed; remove it");
}

TEST(Load, WrongKeysAreNamed) {
  EXPECT_EQ(refusal("trace: x"), "w.yaml:1: kind: is required: one of trace, transformer, luts");
  EXPECT_EQ(refusal("kind: trance"),
            "w.yaml:1: kind: 'trance' is not one of trace, transformer, luts; did you mean 'trace'?");
  EXPECT_EQ(refusal("kind: trace"), "w.yaml:1: trace: is required");
  EXPECT_EQ(refusal("kind: transformer\nd_mdel: 5"),
            "w.yaml:2: d_mdel: unknown key; did you mean 'd_model'?");
  EXPECT_EQ(refusal("kind: transformer\nd_model: 10\nheads: 4"),
            "w.yaml:3: heads: is 4; must divide d_model, which is 10");
  EXPECT_THAT(refusal("kind: transformer\nd_model: 16384\nd_ff: 65536\nencoder_layers: 64"),
              HasSubstr("weights; at most 4294967296 are allowed"));
}

TEST(Load, MaskKeysAreChecked) {
  const auto mask = [](const std::string& keys) {
    return refusal("kind: transformer\nmask: " + keys);
  };
  EXPECT_EQ(mask("{kind: iid, density: 0}"),
            "w.yaml:2: mask.density: is 0; must be above 0, up to 1");
  EXPECT_EQ(mask("{kind: iid, density: 1.5}"),
            "w.yaml:2: mask.density: '1.5' is not a number 0 … 1");
  EXPECT_EQ(mask("{kind: iid, row_sigma: 0.1}"),
            "w.yaml:2: mask.row_sigma: is read only when mask.kind is skewed; remove it");
  EXPECT_EQ(mask("{kind: dense, density: 0.5}"),
            "w.yaml:2: mask.density: is read only when mask.kind is not dense; remove it");
  EXPECT_EQ(mask("{kind: measured}"), "w.yaml:2: mask.trace: is required");
  EXPECT_THAT(mask("{kind: measured, trace: gone.safetensors}"),
              HasSubstr("gone.safetensors: cannot be opened: No such file or directory"));
}

TEST(Load, MissingFilesAreNamedWithTheirPathBesideTheWorkload) {
  const std::string trace = refusal("kind: trace\ntrace: traces/gone.safetensors");
  EXPECT_THAT(trace, testing::StartsWith("w.yaml:2: trace: "));
  EXPECT_THAT(trace, testing::EndsWith(
                         "/traces/gone.safetensors: cannot be opened: No such file or directory"));
  EXPECT_THAT(refusal("kind: transformer\nsentences: {lengths: histogram, file: gone.csv}"),
              HasSubstr("gone.csv: cannot be opened: No such file or directory"));
}

TEST(Load, AbsolutePathsWorkToo) {
  EXPECT_EQ(refusal("kind: trace\ntrace: " + kTrace), "no error");
}

TEST(Load, SyntheticModelHasTheOperatorsOfATransformer) {
  const Workload w = load(kFolder + "tiny-synthetic.yaml");
  const Workload real = load(kFolder + "tiny.yaml");
  EXPECT_FALSE(task(w).model.has_values);
  ASSERT_EQ(task(w).model.operators.size(), task(real).model.operators.size());
  for (std::size_t i = 0; i < task(w).model.operators.size(); ++i) {
    const Operator& a = task(w).model.operators[i];
    const Operator& b = task(real).model.operators[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.kind, b.kind) << a.name;
    EXPECT_EQ(a.phase, b.phase) << a.name;
    EXPECT_EQ(a.inputs, b.inputs) << a.name;
    EXPECT_EQ(a.relu, b.relu) << a.name;
    EXPECT_EQ(a.causal, b.causal) << a.name;
    EXPECT_EQ(a.heads, b.heads) << a.name;
    EXPECT_EQ(a.rows == 0, b.rows == 0) << a.name;
    EXPECT_EQ(a.mask != nullptr, b.mask != nullptr) << a.name;
  }
}

TEST(Load, BaseIsTheDefaultAndHasItsPublishedSize) {
  const Workload w = load_text("kind: transformer\nmask: {kind: dense}");
  std::uint64_t encoder = 0;
  std::uint64_t decoder = 0;
  for (const Operator& op : task(w).model.operators) {
    if (!op.mask || op.kind == OperatorKind::kLogits) continue;
    (op.phase == Phase::kEncoder ? encoder : decoder) += op.mask->count();
  }
  EXPECT_EQ(encoder, 6u * (4 * 512 * 512 + 2 * 512 * 2048));
  EXPECT_EQ(decoder, 6u * (8 * 512 * 512 + 2 * 512 * 2048));
  EXPECT_EQ(task(w).model.operators.back().mask->count(), 37000u * 512);
  EXPECT_EQ(task(w).sentences.size(), 1u);
  EXPECT_EQ(task(w).sentences[0].source_tokens, 25u);
}

TEST(Load, WithoutVocabularyTheProjectionIsLeftOut) {
  const Workload w = load_text(
      "kind: transformer\nd_model: 32\nd_ff: 32\nencoder_layers: 1\ndecoder_layers: 1\n"
      "vocabulary: 0");
  EXPECT_EQ(task(w).model.operators.back().name, "decoder.layers.0.norm3");
}

TEST(Load, MeasuredMasksComeFromTheTrace) {
  const Workload w = load_text(
      "kind: transformer\nd_model: 64\nheads: 2\nd_ff: 64\nencoder_layers: 1\ndecoder_layers: 1\n"
      "vocabulary: 0\nmask: {kind: measured, trace: traces/tiny.safetensors}");
  const Workload trace = load(kFolder + "tiny.yaml");
  const auto density = [](const Workload& from, const std::string& name) {
    for (const Operator& op : task(from).model.operators) {
      if (op.name == name) {
        return static_cast<double>(op.mask->count()) / op.rows / op.columns;
      }
    }
    return -1.0;
  };
  const std::string name = "encoder.layers.0.linear1";
  const double both = (density(trace, name) + density(trace, "decoder.layers.0.linear1")) / 2;
  EXPECT_NEAR(density(w, name), both, 0.03);
}

/// What the model is before its masks are drawn, which is told once.
Workload planned(const std::string& text, Draw draw, int& told) {
  Workload plan;
  ConfigReader reader = ConfigReader::text(text, kFolder + "w.yaml");
  const Workload w = load(reader, {.draw = draw, .before_drawing = [&](const Workload& before) {
                                     plan = before;
                                     ++told;
                                   }});
  EXPECT_EQ(w.name, plan.name);
  const auto& operators = task(plan).model.operators;
  for (std::size_t i = 0; i < operators.size(); ++i) {
    const Operator& op = task(w).model.operators[i];
    EXPECT_EQ(operators[i].mask, nullptr);
    EXPECT_EQ(op.mask != nullptr, op.columns > 0 && draw != Draw::kNothing) << op.name;
    const auto kept = static_cast<double>(kept_weights(op));
    EXPECT_NEAR(static_cast<double>(kept_weights(operators[i])), kept, 5 * std::sqrt(kept) + 1);
  }
  return plan;
}

TEST(Load, WhatMasksWillKeepIsKnownBeforeTheyAreDrawn) {
  const std::string shape =
      "kind: transformer\nd_model: 96\nheads: 2\nd_ff: 160\nencoder_layers: 1\n"
      "decoder_layers: 1\nvocabulary: 70\nmask: {kind: ";
  int told = 0;
  for (const std::string mask :
       {"dense}", "iid, density: 0.3, projection: 0.7}", "skewed, density: 0.2, feed_forward: 0.4}",
        "measured, trace: traces/tiny.safetensors}",
        "measured, trace: traces/tiny.safetensors, density: 0.1}"}) {
    SCOPED_TRACE(mask);
    EXPECT_EQ(planned(shape + mask, Draw::kAll, told).name, "w");
    planned(shape + mask, Draw::kNothing, told);
  }
  EXPECT_EQ(told, 10);
}

TEST(Load, NoMaskIsDrawnWhenItIsTold) {
  ConfigReader reader = ConfigReader::text("kind: transformer", kFolder + "w.yaml");
  const auto refuse = [](const Workload&) { throw base::MemoryError("too large"); };
  EXPECT_THROW(load(reader, {.before_drawing = refuse}), base::MemoryError);
}

TEST(Load, SeedOptionReplacesTheKeyAndIsRecorded) {
  ConfigReader reader = open_workload(kFolder + "tiny-synthetic.yaml", {}, 77);
  const Workload w = load(reader);
  EXPECT_EQ(reader.resolved()["seed"], 77u);
  EXPECT_THAT(w.description, HasSubstr("seed 77"));
}

TEST(Load, SeedOptionIsRefusedForATrace) {
  EXPECT_THROW(open_workload(kFolder + "tiny.yaml", {}, 77), base::WorkloadError);
}

TEST(Load, OverridesReplaceKeys) {
  ConfigReader reader =
      open_workload(kFolder + "tiny-synthetic.yaml", {{"sentences.count", "5"}}, std::nullopt);
  EXPECT_EQ(task(load(reader)).sentences.size(), 5u);
}

TEST(Load, HistogramGivesSentencesOfManyLengths) {
  const std::string start =
      "kind: transformer\nd_model: 32\nd_ff: 32\nencoder_layers: 1\ndecoder_layers: 1\n"
      "vocabulary: 0\nsentences: {lengths: histogram, file: lengths/en-de.csv, ";
  const Workload w = load_text(start + "count: 2000}");
  double source = 0;
  std::uint32_t longest = 0;
  for (const Sentence& s : task(w).sentences) {
    source += s.source_tokens;
    longest = std::max({longest, s.source_tokens, s.target_tokens});
  }
  EXPECT_NEAR(source / 2000, 22.5, 1);
  EXPECT_EQ(task(w).model.shape.max_tokens, longest);
  const Workload quantiles = load_text(start + "count: 3, sampling: quantiles}");
  EXPECT_LT(task(quantiles).sentences[0].source_tokens, task(quantiles).sentences[1].source_tokens);
  EXPECT_LT(task(quantiles).sentences[1].source_tokens, task(quantiles).sentences[2].source_tokens);
}

TEST(Load, EveryKeyIsDescribed) {
  ConfigReader reader = ConfigReader::describe();
  reader.read<WorkloadConfig>();
  std::set<std::string> paths;
  for (const base::KeyDoc& doc : reader.docs()) {
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
    const auto config = reader.read<WorkloadConfig>();
    EXPECT_FALSE(config.kind == WorkloadKind::kTrace && config.trace.empty()) << entry.path();
    ++presets;
  }
  EXPECT_GE(presets, 8u);
}

}  // namespace
}  // namespace sim::workload
