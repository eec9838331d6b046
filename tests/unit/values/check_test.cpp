#include "sim/values/check.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/base/error.h"
#include "sim/workload/load.h"

namespace sim::values {
namespace {

using workload::NetworkTask;
using workload::Workload;

Workload tiny() {
  return workload::load(std::string(LOCKSTEP_SOURCE_DIR) + "/workloads/tiny.yaml");
}

std::uint64_t reference_values(const NetworkTask& task) {
  std::uint64_t count = 0;
  for (const auto& point : task.points) count += point.int8.size() + point.int32.size();
  for (const auto& sentence : task.samples) count += sentence.reference.size();
  return count;
}

std::string difference(const NetworkTask& task) {
  try {
    check_reference(task);
  } catch (const base::SimulationError& e) {
    return e.what();
  }
  return "no difference";
}

TEST(CheckReference, TheTinyTraceComputesItsReferenceWithAndWithoutSkipping) {
  const Workload workload = tiny();
  const auto& task = workload::only_task<NetworkTask>(workload, "test");
  ASSERT_FALSE(task.points.empty());
  EXPECT_EQ(check_reference(task), reference_values(task));
  EXPECT_EQ(check_reference(task, {.skip_redundant = false}), reference_values(task));
}

struct CorruptedReference : testing::Test {
  /// The point of the operator, in the first sentence that has one.
  workload::ReferencePoint& point(const std::string& name) {
    for (auto& p : task.points) {
      if (task.model.operators[p.op].name == name) return p;
    }
    throw std::out_of_range(name);
  }
  NetworkTask task = workload::only_task<NetworkTask>(tiny(), "test");
};

TEST_F(CorruptedReference, ValueIsReportedWithOperatorAndIndex) {
  auto& p = point("decoder.layers.0.norm2");
  std::vector<std::int8_t> copy(p.int8.begin(), p.int8.end());
  const int right = copy[16 + 5];
  copy[16 + 5] ^= 1;
  p.int8 = copy;
  EXPECT_EQ(difference(task),
            "sentence 0: operator 'decoder.layers.0.norm2'[1, 5]: the reference is " +
                std::to_string(copy[16 + 5]) + ", computed was " + std::to_string(right));
}

TEST_F(CorruptedReference, LogitIsReportedWithOperatorAndIndex) {
  auto& p = point("generator");
  std::vector<std::int32_t> copy(p.int32.begin(), p.int32.end());
  const std::int32_t right = copy[3];
  copy[3] += 1;
  p.int32 = copy;
  EXPECT_EQ(difference(task), "sentence 0: operator 'generator'[0, 3]: the reference is " +
                                  std::to_string(right + 1) + ", computed was " +
                                  std::to_string(right));
}

TEST_F(CorruptedReference, ShapeIsReported) {
  auto& p = point("encoder.embed");
  const std::uint32_t tokens = p.shape[0];
  p.shape[0] += 1;
  EXPECT_EQ(difference(task), "sentence 0: operator 'encoder.embed': the reference has shape [" +
                                  std::to_string(tokens + 1) + ", 16], computed was [" +
                                  std::to_string(tokens) + ", 16]");
}

TEST_F(CorruptedReference, TokenIsReportedWithItsStep) {
  auto& tokens = task.samples[1].reference;
  ASSERT_GE(tokens.size(), 2u);
  const std::int32_t right = tokens[1];
  tokens[1] += 1;
  EXPECT_EQ(difference(task), "sentence 1: target token 1: the reference is " +
                                  std::to_string(right + 1) + ", computed was " +
                                  std::to_string(right));
}

TEST_F(CorruptedReference, MissingTokenIsReported) {
  auto& tokens = task.samples[0].reference;
  const std::size_t right = tokens.size();
  tokens.pop_back();
  EXPECT_EQ(difference(task), "sentence 0: the reference has " + std::to_string(right - 1) +
                                  " target tokens, computed were " + std::to_string(right));
}

}  // namespace
}  // namespace sim::values
