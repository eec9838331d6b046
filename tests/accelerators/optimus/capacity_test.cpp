#include "sim/accelerators/optimus/capacity.h"

#include <gtest/gtest.h>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

std::string refusal(const std::string& memories, std::uint32_t n, std::uint32_t t) {
  const Config config = config_of("{mac_array: {macs: 64}, memories: {" + memories + "}}");
  const workload::Model model = model_of({.layers = 2, .d_model = 64, .d_ff = 256});
  try {
    check_capacity(compile(model, config, {}), config, n, t);
  } catch (const base::ConfigError& e) {
    return e.what();
  }
  return "fits";
}

TEST(Capacity, KAndVOfAllDecoderLayersMustFit) {
  // 2 layers * 2 * 64 features * (n + t) bytes: 4 KiB hold 16 positions.
  EXPECT_EQ(refusal("kv_store_kib: 4", 8, 8), "fits");
  EXPECT_EQ(refusal("kv_store_kib: 4", 8, 9),
            "optimus.memories.kv_store_kib is 4 KiB, but K and V of 8 source and 9 target tokens "
            "need 5 KiB");
}

TEST(Capacity, ActivationsOfTheWidestLayerMustFit) {
  // linear1: 64 inputs, 256 outputs and 64 of the residual for each source position.
  EXPECT_EQ(refusal("global_buffer_kib: 3", 8, 2), "fits");
  EXPECT_EQ(refusal("global_buffer_kib: 3", 9, 2),
            "optimus.memories.global_buffer_kib is 3 KiB, but the activations of 9 source and 2 "
            "target tokens need 4 KiB");
}

TEST(Capacity, FullestWeightBankMustFitWhenItsSizeIsGiven) {
  EXPECT_EQ(refusal("weight_bank_kib: 0", 2, 2), "fits");
  const Config config = config_of("{mac_array: {macs: 64}}");
  const workload::Model model = model_of({.layers = 2, .d_model = 64, .d_ff = 256});
  const std::uint64_t need = weight_bank_bytes(compile(model, config, {}), config);
  ASSERT_GT(need, 1024u);
  EXPECT_EQ(refusal("weight_bank_kib: 1", 2, 2),
            "optimus.memories.weight_bank_kib is 1 KiB, but the weights of the fullest bank need " +
                std::to_string((need + 1023) / 1024) + " KiB");
}

}  // namespace
}  // namespace sim::optimus::test
