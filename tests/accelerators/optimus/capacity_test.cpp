#include "sim/accelerators/optimus/capacity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

std::string refusal(const std::string& memories, std::uint32_t n, std::uint32_t t) {
  const Config config = config_of("{mac_array: {macs: 64}, memories: {" + memories + "}}");
  const workload::Network model = model_of({.layers = 2, .d_model = 64, .d_ff = 256});
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
  const workload::Network model = model_of({.layers = 2, .d_model = 64, .d_ff = 256});
  const std::uint64_t need = list_banks(compile(model, config, {}), config).weight_bytes;
  ASSERT_GT(need, 1024u);
  EXPECT_EQ(refusal("weight_bank_kib: 1", 2, 2),
            "optimus.memories.weight_bank_kib is 1 KiB, but the weights of the fullest bank need " +
                std::to_string((need + 1023) / 1024) + " KiB");
}

/// With streamed weights a bank holds what a MAC needs for one block, or for two of them.
TEST(Capacity, StreamedWeightsNeedRoomForAPass) {
  const workload::Network model = model_of({.layers = 2, .d_model = 64, .d_ff = 256});
  const auto need = [&](const std::string& memories) {
    const Config config =
        config_of("{mac_array: {macs: 16, tile_rows: 16}, memories: {" + memories + "}}");
    return list_banks(compile(model, config, {}), config).weight_bytes;
  };
  const std::uint64_t pass = need("weight_store: streamed");
  EXPECT_LT(pass, need("") / 4);
  EXPECT_NEAR(static_cast<double>(need("weight_store: streamed, prefetch_weights: true")),
              2.0 * static_cast<double>(pass), 1);
  std::uint64_t most = 0;
  const Config config = config_of("{mac_array: {macs: 16, tile_rows: 16}}");
  const Program program = compile(model, config, {});
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      for (std::uint32_t l = 0; l < block.lists(); ++l) {
        most =
            std::max<std::uint64_t>(most, std::uint64_t{block.list_length(l)} * block.entry_bits);
      }
    }
  }
  EXPECT_EQ(pass, (most + 7) / 8);
}

/// What a bank holds of the entries of a queue, which are dealt to the ways of its set in turn.
TEST(Capacity, ARunTimeChoiceOfWaysSpreadsAQueueOverTheBanksOfItsSet) {
  const workload::Network model = model_of({.layers = 2, .d_model = 64, .d_ff = 256});
  for (const std::uint64_t ways : {2, 4, 8}) {
    const Config config = config_of(
        "mac_array: {macs: 16, tile_rows: 16, sparse: {format: sa_rcsc, column_mark: delta, "
        "way_choice: runtime, ways: " +
        std::to_string(ways) + "}}");
    const Program program = compile(model, config, {});
    std::vector<std::uint64_t> bits_of_set(16 / ways);
    std::uint64_t most_of_block = 0;
    for (const Layer& layer : program.layers) {
      if (!layer.matrix) continue;
      for (const EncodedBlock& block : layer.matrix->blocks) {
        ASSERT_EQ(block.lists(), bits_of_set.size());
        for (std::uint32_t s = 0; s < block.lists(); ++s) {
          const std::uint64_t bits = std::uint64_t{block.list_length(s)} * block.entry_bits;
          bits_of_set[s] += bits;
          most_of_block = std::max(most_of_block, bits);
        }
      }
    }
    const std::uint64_t most = *std::ranges::max_element(bits_of_set);
    EXPECT_EQ(list_banks(program, config).weight_bytes, (most + 8 * ways - 1) / (8 * ways)) << ways;
    Config streamed = config;
    streamed.memories.weight_store = WeightStore::kStreamed;
    EXPECT_EQ(list_banks(program, streamed).weight_bytes,
              (most_of_block + 8 * ways - 1) / (8 * ways))
        << ways;
  }
}

TEST(Capacity, FullestWeightBankOfAPassMustFit) {
  const auto refused = [&](const std::string& memories) {
    const Config config = config_of(
        "{mac_array: {macs: 1, accumulators_per_mac: 256, tile_rows: "
        "largest, sparse: {ways: 1}}, memories: {weight_store: "
        "streamed, " +
        memories + "}}");
    const workload::Network model = model_of({.layers = 1, .d_model = 64, .d_ff = 256});
    const Program program = compile(model, config, {});
    const std::uint64_t kib = (list_banks(program, config).weight_bytes + 1023) / 1024;
    try {
      check_capacity(program, config, 2, 2);
    } catch (const base::ConfigError& e) {
      return std::pair{std::string(e.what()), kib};
    }
    return std::pair{std::string("fits"), kib};
  };
  const auto [pass, kib] = refused("weight_bank_kib: 1");
  EXPECT_EQ(pass,
            "optimus.memories.weight_bank_kib is 1 KiB, but the weights of the fullest bank "
            "for a pass need " +
                std::to_string(kib) + " KiB");
  EXPECT_EQ(refused("weight_bank_kib: " + std::to_string(kib)).first, "fits");
  const auto [passes, both_kib] =
      refused("prefetch_weights: true, weight_bank_kib: " + std::to_string(kib));
  EXPECT_EQ(passes, "optimus.memories.weight_bank_kib is " + std::to_string(kib) +
                        " KiB, but the weights of the fullest bank for two passes need " +
                        std::to_string(both_kib) + " KiB");
}

TEST(Capacity, WhatIsReadMustFitADramWithBanks) {
  const std::string message = refusal(
      "weight_store: streamed, dram: {kind: banked, banked: {rows: 1, ranks: 1, "
      "bank_groups: 1, banks: 1}}",
      2, 2);
  EXPECT_NE(message.find("optimus.memories.dram.banked.rows is 1, with which the DRAM holds 8 KiB, "
                         "but what is read from it needs"),
            std::string::npos)
      << message;
}

}  // namespace
}  // namespace sim::optimus::test
