#include "sim/values/work.h"

#include <gtest/gtest.h>

#include "sim/workload/load.h"

namespace sim::values {
namespace {

using workload::Network;
using workload::NetworkTask;
using workload::Operator;
using workload::OutputShape;

/// A linear layer of 3 x 5 on so many source tokens.
NetworkTask linear_of(std::uint32_t tokens) {
  NetworkTask task;
  task.model.kind = workload::NetworkKind::kEncoder;
  task.model.operators.push_back({.name = "x",
                                  .shape = {.rows = OutputShape::Rows::kSource, .features = 3},
                                  .body = workload::Linear{{.outputs = 3, .inputs = 5}}});
  task.samples.push_back({.source_tokens = tokens});
  return task;
}

TEST(MostMultiplications, AreRowsTimesWeights) {
  EXPECT_EQ(most_multiplications(linear_of(7)), 7u * 15);
}

TEST(MostMultiplications, OfAConvolutionArePixelsTimesWeights) {
  NetworkTask task = linear_of(1);
  task.model.operators[0].shape = {.features = 3, .height = 4, .width = 6};
  EXPECT_EQ(most_multiplications(task), 24u * 15);
}

TEST(MostMultiplications, CountWhatDecodingMayMake) {
  NetworkTask task = linear_of(2);
  task.model.kind = workload::NetworkKind::kDecoder;
  task.model.operators[0].shape.rows = OutputShape::Rows::kTarget;
  task.samples[0].target_tokens = 1;
  task.samples[0].max_target_tokens = 9;
  EXPECT_EQ(most_multiplications(task), (2u + 9 - 1) * 15);
}

TEST(MostMultiplications, MorePerhapsThanCanBeCountedAreTheMost) {
  NetworkTask task = linear_of(0xffff'ffff);
  task.model.operators[0].body = workload::Linear{{.outputs = 3, .inputs = 0xffff'ffff}};
  task.model.operators[0].shape.features = 0xffff'ffff;
  EXPECT_EQ(most_multiplications(task), UINT64_MAX);
}

}  // namespace
}  // namespace sim::values
