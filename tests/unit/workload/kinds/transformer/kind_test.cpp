#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/base/error.h"
#include "sim/workload/load.h"
#include "sim/workload/relu_outputs.h"
#include "tests/unit/workload/load_support.h"

namespace sim::workload::transformer {
namespace {

using base::ConfigReader;
using test::kFolder;
using test::load_text;
using test::refusal;
using test::task;
using testing::HasSubstr;

TEST(TransformerKind, MaskKeysAreChecked) {
  const auto mask = [](const std::string& keys) {
    return refusal("kind: transformer\nmask: " + keys);
  };
  EXPECT_EQ(mask("{kind: iid, density: 0}"),
            "w.yaml:2: mask.density: '0' is not a number 1e-06 … 1");
  EXPECT_EQ(mask("{kind: iid, density: 1.5}"),
            "w.yaml:2: mask.density: '1.5' is not a number 1e-06 … 1");
  EXPECT_EQ(mask("{kind: iid, row_sigma: 0.1}"),
            "w.yaml:2: mask.row_sigma: is read only when mask.kind is skewed; remove it");
  EXPECT_EQ(mask("{kind: dense, density: 0.5}"),
            "w.yaml:2: mask.density: is read only when mask.kind is not dense; remove it");
  EXPECT_EQ(mask("{kind: measured, density: 0}"),
            "w.yaml:2: mask.density: '0' is not a number 1e-06 … 1");
  EXPECT_EQ(mask("{kind: measured}"), "w.yaml:2: mask.trace: is required");
  EXPECT_THAT(mask("{kind: measured, trace: gone.safetensors}"),
              HasSubstr("gone.safetensors: cannot be opened: No such file or directory"));
}

TEST(TransformerKind, SyntheticModelHasTheOperatorsOfATransformer) {
  const Workload w = load(kFolder + "tiny-synthetic.yaml");
  const Workload real = load(kFolder + "tiny.yaml");
  EXPECT_FALSE(task(w).model.has_values);
  ASSERT_EQ(task(w).model.operators.size(), task(real).model.operators.size());
  for (std::size_t i = 0; i < task(w).model.operators.size(); ++i) {
    const Operator& a = task(w).model.operators[i];
    const Operator& b = task(real).model.operators[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.kind(), b.kind()) << a.name;
    EXPECT_EQ(a.phase, b.phase) << a.name;
    EXPECT_EQ(a.inputs, b.inputs) << a.name;
    EXPECT_EQ(a.relu(), b.relu()) << a.name;
    EXPECT_EQ(a.mask_of_keys().causal, b.mask_of_keys().causal) << a.name;
    EXPECT_EQ(a.heads(), b.heads()) << a.name;
    EXPECT_EQ(a.features() == 0, b.features() == 0) << a.name;
    EXPECT_EQ(a.mask != nullptr, b.mask != nullptr) << a.name;
  }
}

TEST(TransformerKind, BaseIsTheDefaultAndHasItsPublishedSize) {
  const Workload w = load_text("kind: transformer\nmask: {kind: dense}");
  std::uint64_t encoder = 0;
  std::uint64_t decoder = 0;
  for (const Operator& op : task(w).model.operators) {
    if (!op.mask || op.kind() == OperatorKind::kLogits) continue;
    (op.phase == Phase::kEncoder ? encoder : decoder) += op.mask->count();
  }
  EXPECT_EQ(encoder, 6u * (4 * 512 * 512 + 2 * 512 * 2048));
  EXPECT_EQ(decoder, 6u * (8 * 512 * 512 + 2 * 512 * 2048));
  EXPECT_EQ(task(w).model.operators.back().mask->count(), 37000u * 512);
  EXPECT_EQ(task(w).samples.size(), 1u);
  EXPECT_EQ(task(w).samples[0].source_tokens, 25u);
}

TEST(TransformerKind, WithoutVocabularyTheProjectionIsLeftOut) {
  const Workload w = load_text(
      "kind: transformer\nd_model: 32\nd_ff: 32\nencoder_layers: 1\ndecoder_layers: 1\n"
      "vocabulary: 0");
  EXPECT_EQ(task(w).model.operators.back().name, "decoder.layers.0.norm3");
}

TEST(TransformerKind, MeasuredMasksComeFromTheTrace) {
  const Workload w = load_text(
      "kind: transformer\nd_model: 64\nheads: 2\nd_ff: 64\nencoder_layers: 1\ndecoder_layers: 1\n"
      "vocabulary: 0\nmask: {kind: measured, trace: traces/tiny.safetensors}");
  const Workload trace = load(kFolder + "tiny.yaml");
  const auto density = [](const Workload& from, const std::string& name) {
    for (const Operator& op : task(from).model.operators) {
      if (op.name == name) {
        return static_cast<double>(op.mask->count()) / op.features() / op.columns();
      }
    }
    return -1.0;
  };
  const std::string name = "encoder.layers.0.linear1";
  const double both = (density(trace, name) + density(trace, "decoder.layers.0.linear1")) / 2;
  EXPECT_NEAR(density(w, name), both, 0.03);
}

/// The name of the workload that is told once, before its masks are drawn.
std::string planned(const std::string& text, Draw draw, int& told) {
  std::string name;
  std::vector<Operator> operators;
  ConfigReader reader = ConfigReader::text(text, kFolder + "w.yaml");
  const Workload w = load(reader, {.draw = draw, .before_drawing = [&](const Workload& before) {
                                     name = before.name;
                                     operators = task(before).model.operators;
                                     ++told;
                                   }});
  EXPECT_EQ(w.name, name);
  for (std::size_t i = 0; i < operators.size(); ++i) {
    const Operator& op = task(w).model.operators[i];
    EXPECT_EQ(operators[i].mask, nullptr);
    EXPECT_EQ(op.mask != nullptr, op.columns() > 0 && draw != Draw::kNothing) << op.name;
    const auto kept = static_cast<double>(kept_weights(op));
    EXPECT_NEAR(static_cast<double>(kept_weights(operators[i])), kept, 5 * std::sqrt(kept) + 1);
  }
  return name;
}

TEST(TransformerKind, WhatMasksWillKeepIsKnownBeforeTheyAreDrawn) {
  const std::string shape =
      "kind: transformer\nd_model: 96\nheads: 2\nd_ff: 160\nencoder_layers: 1\n"
      "decoder_layers: 1\nvocabulary: 70\nmask: {kind: ";
  int told = 0;
  for (const std::string mask :
       {"dense}", "iid, density: 0.3, projection: 0.7}", "skewed, density: 0.2, feed_forward: 0.4}",
        "measured, trace: traces/tiny.safetensors}",
        "measured, trace: traces/tiny.safetensors, density: 0.1}"}) {
    SCOPED_TRACE(mask);
    EXPECT_EQ(planned(shape + mask, Draw::kAll, told), "w");
    planned(shape + mask, Draw::kNothing, told);
  }
  EXPECT_EQ(told, 10);
}

TEST(TransformerKind, NoMaskIsDrawnWhenItIsTold) {
  ConfigReader reader = ConfigReader::text("kind: transformer", kFolder + "w.yaml");
  const auto refuse = [](const Workload&) { throw base::MemoryError("too large"); };
  EXPECT_THROW(load(reader, {.before_drawing = refuse}), base::MemoryError);
}

TEST(TransformerKind, OutputsOfReluAreDrawnForEachOperatorAndSentence) {
  const std::string shape =
      "kind: transformer\nd_model: 64\nheads: 2\nd_ff: 640\nencoder_layers: 1\n"
      "decoder_layers: 1\nvocabulary: 0\nsentences: {count: 2, source_tokens: 9}\n";
  EXPECT_EQ(refusal(shape + "relu_density: 0"),
            "w.yaml:9: relu_density: '0' is not a number 1e-06 … 1");
  const Workload dense = load_text(shape);
  const NetworkTask& all = task(dense);
  EXPECT_EQ(drawn_relu_outputs(all, relu_operators(all.model)[0], all.samples[0]), nullptr);
  const Workload w = load_text(shape + "relu_density: 0.3");
  const std::vector<std::uint32_t> relu = relu_operators(task(w).model);
  ASSERT_EQ(relu.size(), 2u);
  EXPECT_EQ(task(w).model.operators[relu[1]].name, "decoder.layers.0.linear1");
  const auto drawn = [&](std::size_t op, std::size_t sentence) {
    return drawn_relu_outputs(task(w), relu[op], task(w).samples[sentence]);
  };
  const auto first = drawn(0, 0);
  EXPECT_EQ(first->rows(), 9u);
  EXPECT_EQ(first->columns(), 640u);
  EXPECT_NEAR(static_cast<double>(first->count()), 9 * 640 * 0.3, 5 * std::sqrt(9 * 640 * 0.3));
  EXPECT_EQ(drawn(1, 0)->rows(), 25u);
  EXPECT_TRUE(std::equal(first->row(0), first->row(1), drawn(0, 0)->row(0)));
  EXPECT_FALSE(std::equal(first->row(0), first->row(1), drawn(0, 1)->row(0)));
  EXPECT_FALSE(std::equal(first->row(0), first->row(1), drawn(1, 0)->row(0)));
}

TEST(TransformerKind, SeedOptionReplacesTheKeyAndIsRecorded) {
  ConfigReader reader = open_workload(kFolder + "tiny-synthetic.yaml", {}, 77);
  const Workload w = load(reader);
  EXPECT_EQ(reader.resolved()["seed"], 77u);
  EXPECT_THAT(w.description, HasSubstr("seed 77"));
}

TEST(TransformerKind, HistogramGivesSentencesOfManyLengths) {
  const std::string start =
      "kind: transformer\nd_model: 32\nd_ff: 32\nencoder_layers: 1\ndecoder_layers: 1\n"
      "vocabulary: 0\nsentences: {lengths: histogram, file: lengths/en-de.csv, ";
  const Workload w = load_text(start + "count: 2000}");
  double source = 0;
  std::uint32_t longest = 0;
  for (const Sample& s : task(w).samples) {
    source += s.source_tokens;
    longest = std::max({longest, s.source_tokens, s.target_tokens});
  }
  EXPECT_NEAR(source / 2000, 22.5, 1);
  EXPECT_EQ(task(w).model.limits.max_tokens, longest);
  const Workload quantiles = load_text(start + "count: 3, sampling: quantiles}");
  EXPECT_LT(task(quantiles).samples[0].source_tokens, task(quantiles).samples[1].source_tokens);
  EXPECT_LT(task(quantiles).samples[1].source_tokens, task(quantiles).samples[2].source_tokens);
}

}  // namespace
}  // namespace sim::workload::transformer
