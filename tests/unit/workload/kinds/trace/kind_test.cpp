#include <gtest/gtest.h>

#include "sim/base/error.h"
#include "sim/workload/load.h"
#include "tests/unit/workload/load_support.h"

namespace sim::workload::trace {
namespace {

using test::kFolder;
using test::load_text;
using test::refusal;
using test::task;

const std::string kTrace = LOCKSTEP_SOURCE_DIR "/workloads/traces/tiny.safetensors";

std::string trace_refusal(const std::string& sentences) {
  return refusal("kind: trace\ntrace: traces/tiny.safetensors\nsentences: " + sentences);
}

std::vector<std::uint32_t> indices(const Workload& workload) {
  std::vector<std::uint32_t> result;
  for (const Sample& s : task(workload).samples) result.push_back(s.index);
  return result;
}

Workload tiny_trace(const std::string& sentences) {
  return load_text("kind: trace\ntrace: traces/tiny.safetensors\nsentences: " + sentences);
}

TEST(TraceKind, EverySentenceOfATraceByDefault) {
  const Workload w = load(kFolder + "tiny.yaml");
  EXPECT_EQ(w.name, "tiny");
  EXPECT_TRUE(task(w).model.has_values);
  EXPECT_EQ(indices(w), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(TraceKind, SentencesAreChosenByRangeOrList) {
  EXPECT_EQ(indices(tiny_trace("{first: 1}")), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(indices(tiny_trace("{first: 1, count: 1}")), std::vector<std::uint32_t>{1});
  EXPECT_EQ(indices(tiny_trace("{list: [2, 0]}")), (std::vector<std::uint32_t>{2, 0}));
}

TEST(TraceKind, PointsOfOtherSentencesAreLeftOut) {
  const std::size_t all = task(tiny_trace("{}")).points.size();
  const Workload w = tiny_trace("{list: [1]}");
  EXPECT_LT(task(w).points.size(), all);
  EXPECT_FALSE(task(w).points.empty());
  for (const ReferencePoint& p : task(w).points) EXPECT_EQ(p.sample, 1u);
}

TEST(TraceKind, DecodingEndsAtTwiceTheLengthPlusTenOrWhereTheModelEnds) {
  const Workload w = tiny_trace("{}");
  EXPECT_EQ(task(w).samples[1].source_tokens, 3u);
  EXPECT_EQ(task(w).samples[1].max_target_tokens, 16u);
  const Workload limited = tiny_trace("{max_target_tokens: 4}");
  EXPECT_EQ(task(limited).samples[1].max_target_tokens, 4u);
  const Workload beyond = tiny_trace("{max_target_tokens: 1000}");
  EXPECT_EQ(task(beyond).samples[1].max_target_tokens, 16u);  // where the reference had to stop
}

TEST(TraceKind, WhereDecodingEndsBeforeTheReferenceItsBeginningIsCompared) {
  const Workload whole = tiny_trace("{}");
  const Workload cut = tiny_trace("{max_target_tokens: 1}");
  for (std::size_t i = 0; i < 3; ++i) {
    const Sample& sample = task(cut).samples[i];
    EXPECT_EQ(sample.target_tokens, 1u);
    ASSERT_EQ(sample.reference.size(), 1u);
    EXPECT_EQ(sample.reference[0], task(whole).samples[i].reference[0]);
  }
  for (const ReferencePoint& p : task(cut).points) {
    if (task(whole).samples[p.sample].target_tokens == 1) continue;
    EXPECT_NE(task(cut).model.operators[p.op].shape.rows, OutputShape::Rows::kTarget);
  }
}

TEST(TraceKind, NetworksThatChooseNoTokensHaveNoLimitOfThem) {
  EXPECT_EQ(refusal("kind: trace\ntrace: traces/fashion-residual.safetensors\nsentences: "
                    "{max_target_tokens: 3}"),
            "w.yaml:3: sentences.max_target_tokens: the trace's network is of kind feed_forward, "
            "which chooses no tokens; remove it");
}

TEST(TraceKind, SentencesThatTheTraceLacksAreRefused) {
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

TEST(TraceKind, AbsolutePathsWorkToo) {
  EXPECT_EQ(refusal("kind: trace\ntrace: " + kTrace), "no error");
}

TEST(TraceKind, SeedOptionIsRefusedForATrace) {
  EXPECT_THROW(open_workload(kFolder + "tiny.yaml", {}, 77), base::WorkloadError);
}

}  // namespace
}  // namespace sim::workload::trace
