#include "sim/accelerators/optimus/dram_layout.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <vector>

#include "sim/accelerators/optimus/compiler.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

constexpr std::uint32_t kFeatures = 32;
constexpr std::uint32_t kVocabulary = 500;
constexpr std::uint32_t kPositions = 40;

Config machine_of(std::uint32_t request_bytes) {
  return config_of(fmt::format(
      "mac_array: {{macs: 16, accumulators_per_mac: 3}}\nmemories: {{weight_store: streamed, "
      "embedding_store: dram, dram_request_bytes: {}}}",
      request_bytes));
}

Program program_of(const Config& config) {
  const workload::Network model =
      model_of({.d_model = kFeatures, .d_ff = 48, .vocabulary = kVocabulary});
  return compile(model, config, std::vector<SentenceLengths>{{0, kPositions, kPositions}});
}

/// The first address behind `end` at which a request may begin.
std::uint64_t next_start(std::uint64_t end, std::uint64_t request_bytes) {
  while (end % request_bytes != 0) ++end;
  return end;
}

/// Where the blocks of weights end, when each begins where the request behind the one before does.
std::uint64_t expect_blocks_in_order(const Program& program, const DramLayout& layout,
                                     std::uint64_t request_bytes) {
  std::uint64_t end = 0;
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      const DramLayout::Weights& weights = layout.weights(block);
      EXPECT_EQ(weights.address, next_start(end, request_bytes));
      end = weights.address;
      for (const std::uint32_t bytes : block.column_bytes()) end += bytes;
      EXPECT_EQ(weights.address + weights.bytes(), end);
    }
  }
  return end;
}

TEST(DramLayout, BlocksAndTablesBeginWhereARequestDoes) {
  for (const std::uint32_t request : {1, 48, 64, 100, 4096}) {
    SCOPED_TRACE(request);
    const Config config = machine_of(request);
    const Program program = program_of(config);
    const DramLayout layout(program, config);
    std::uint64_t end = expect_blocks_in_order(program, layout, request);
    EXPECT_GT(end, 0u);
    std::vector<std::uint64_t> tables;
    for (const EmbeddingTable& table : program.embedding_tables) {
      tables.push_back(next_start(end, request));
      end = tables.back() + table.rows * kFeatures;
    }
    EXPECT_EQ(layout.bytes(), end);
    for (const Layer& layer : program.layers) {
      if (layer.kind != workload::OperatorKind::kEmbedding) continue;
      const std::vector<DramRun> rows = layout.rows(layer, 0);
      ASSERT_EQ(rows.size(), 2u);
      EXPECT_EQ((rows[0].address - tables[layer.tables.at(0).table]) % kFeatures, 0u);
      EXPECT_EQ(rows[1].address, tables[layer.tables.at(1).table]);
    }
  }
}

/// Positions come one after the other; of n tokens drawn from v rows, v (1 - (1 - 1/v)^n) differ.
TEST(DramLayout, TokensAreSpreadOverTheirTableAndPositionsFollowEachOther) {
  const Config config = machine_of(64);
  const Program program = program_of(config);
  const DramLayout layout(program, config);
  const auto embedding =
      std::ranges::find(program.layers, workload::OperatorKind::kEmbedding, &Layer::kind);
  ASSERT_NE(embedding, program.layers.end());
  const std::uint64_t table = program.embedding_tables[embedding->tables.at(0).table].rows;
  ASSERT_EQ(table, kVocabulary);
  std::set<std::uint64_t> tokens;
  const std::uint64_t first_position = layout.rows(*embedding, 0)[1].address;
  for (std::uint64_t p = 0; p < kPositions; ++p) {
    const std::vector<DramRun> rows = layout.rows(*embedding, p);
    EXPECT_EQ(rows[0].bytes, kFeatures);
    EXPECT_EQ(rows[1].bytes, kFeatures);
    EXPECT_EQ(rows[1].address, first_position + p * kFeatures);
    tokens.insert(rows[0].address);
  }
  EXPECT_GT(tokens.size(), kPositions * 3 / 4);
  EXPECT_LT(*tokens.rbegin() - *tokens.begin(), table * kFeatures);
  EXPECT_GT(*tokens.rbegin() - *tokens.begin(), table * kFeatures / 2);
}

}  // namespace
}  // namespace sim::optimus::test
