#include <gtest/gtest.h>

#include "sim/accelerators/optimus/memory.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

std::uint64_t kept_weights(const workload::Network& model) {
  std::uint64_t sum = 0;
  for (const workload::Operator& op : model.operators) {
    if (op.mask) sum += op.mask->count();
  }
  return sum;
}

/// An entry is a column and a slot of 16 bits each; what the skip engine makes of lists takes at
/// least two bytes more for each.
TEST(Memory, MatricesTakeAnEntryForEachKeptWeight) {
  const Config config = config_of("mac_array: {macs: 64}");
  for (const std::uint32_t layers : {1u, 3u}) {
    const workload::Network model = model_of({.layers = layers, .density = 0.4});
    const std::uint64_t weights = kept_weights(model);
    ASSERT_GT(weights, 0u);
    EXPECT_EQ(least_matrices_need(model, config, core::Engine::kTick).bytes(), 4 * weights);
    EXPECT_EQ(least_matrices_need(model, config, core::Engine::kSkip).bytes(), 6 * weights);
  }
}

}  // namespace
}  // namespace sim::optimus::test
