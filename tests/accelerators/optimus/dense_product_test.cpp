#include "sim/accelerators/optimus/dense_product.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/optimus/mac_array_engine.h"
#include "sim/base/math.h"
#include "tests/accelerators/optimus/machine_support.h"
#include "tests/support/jobs.h"

namespace sim::optimus::test {
namespace {

using workload::OperatorKind;

Layer scores(std::uint32_t heads, std::uint32_t head_size) {
  Layer layer;
  layer.kind = OperatorKind::kAttentionScores;
  layer.heads = heads;
  layer.kv_heads = heads;
  layer.head_size = head_size;
  return layer;
}

Command command(std::uint32_t tokens, std::uint32_t keys) {
  Command c;
  c.tokens = tokens;
  c.keys = keys;
  return c;
}

std::uint64_t cycles(core::Engine engine, const DenseProduct& product, const Config& config) {
  const auto array = make_mac_array_engine(engine, config, true, nullptr);
  array->start_dense(product, 0);
  return sim::test::cycles_of_job(*array);
}

/// t = 25, d = 512: 13 cycles with a port as wide as the array, 200 for scores with one of 64
/// elements; the query itself takes ceil(512 / B) cycles to load, so B = 64 keeps the load out of
/// the way.
TEST(DenseProduct, DecodingStepTakesProductsOverTheNarrowerOfArrayAndPort) {
  const std::string wide_load = "input_window: {load_width_elements_per_cycle: 64}";
  const Config full = config_of("{" + wide_load + "}");
  const Config narrow =
      config_of("{memories: {kv_port_elements_per_cycle: 64}, " + wide_load + "}");
  const std::uint64_t overhead = 2 + 3 + 1 + 3;
  EXPECT_EQ(cycles(core::Engine::kTick, dense_product(command(1, 25), scores(8, 64), full), full),
            13 + overhead);
  EXPECT_EQ(
      cycles(core::Engine::kTick, dense_product(command(1, 25), scores(8, 64), narrow), narrow),
      200 + overhead);
}

TEST(DenseProduct, LoadOfTheQueryLimitsANarrowWindow) {
  const Config config = config_of("{input_window: {load_width_elements_per_cycle: 4}}");
  EXPECT_EQ(
      cycles(core::Engine::kTick, dense_product(command(1, 25), scores(8, 64), config), config),
      512u / 4 + 2 + 3 + 1 + 3);
}

TEST(DenseProduct, HeadsBecomeReadyOneAfterTheOther) {
  const Config config = config_of("{mac_array: {macs: 64}}");
  const DenseProduct product = dense_product(command(1, 10), scores(4, 16), config);
  ASSERT_EQ(product.parts.size(), 4u);
  const auto array = make_mac_array_engine(core::Engine::kSkip, config, true, nullptr);
  array->start_dense(product, 0);
  std::vector<std::uint64_t> ready;
  sim::test::cycles_of_job(*array, 0, [&](std::uint64_t cycle) { ready.push_back(cycle); });
  // 160 products a head on 64 MACs: 2.5, 5, 7.5, 10 cycles, rounded up; 2 to issue, 3 + 1 + 3 to
  // leave the adder.
  EXPECT_EQ(ready, (std::vector<std::uint64_t>{12, 14, 17, 19}));
}

TEST(DenseProduct, FewRowsAreSplitOverTheWays) {
  const Config config = config_of("{mac_array: {macs: 1024}}");
  // 8 heads * 25 keys = 200 rows on 1024 MACs: 5 ways an output, 13 products each, for each of 25
  // queries.
  const DenseProduct product = dense_product(command(25, 25), scores(8, 64), config);
  std::uint64_t compute = 0;
  std::uint64_t macs = 0;
  for (const DensePart& part : product.parts) {
    compute += part.compute;
    macs += part.macs;
  }
  EXPECT_EQ(compute, 25u * 13);
  EXPECT_EQ(macs, 25u * 25 * 512);
}

TEST(DenseProduct, MaskedEntriesAreLeftOut) {
  const Config config = config_of("{skipping: {redundant_decoding: false, masked_scores: true}}");
  Command c = command(6, 6);
  c.masked = true;
  Layer layer = scores(2, 8);
  layer.mask.causal = true;
  std::uint64_t results = 0;
  for (const DensePart& part : dense_product(c, layer, config).parts) results += part.results;
  EXPECT_EQ(results, 2u * (6 * 7 / 2));
}

/// Of every size: the heads of a group take each K/V element once if the accumulators hold their
/// results, else once for as many heads as they hold.
TEST(DenseProduct, HeadsOfAGroupShareWhatIsFetched) {
  for (const std::uint32_t group : {1u, 2u, 3u, 8u}) {
    for (const std::uint32_t kv_heads : {1u, 2u, 5u}) {
      for (const std::uint32_t accumulators : {1u, 2u, 64u}) {
        for (const std::uint32_t tokens : {1u, 4u}) {
          const Config config = config_of(
              fmt::format("{{mac_array: {{macs: 64, accumulators_per_mac: {}}}}}", accumulators));
          Layer layer = scores(group * kv_heads, 4);
          layer.kv_heads = kv_heads;
          const DenseProduct product = dense_product(command(tokens, 10), layer, config);
          std::uint64_t fetched = 0;
          std::uint64_t macs = 0;
          for (const DensePart& part : product.parts) fetched += part.fetch_elements;
          for (const DensePart& part : product.parts) macs += part.macs;
          EXPECT_EQ(macs, std::uint64_t{tokens} * group * kv_heads * 4 * 10);
          const std::uint64_t all = std::uint64_t{kv_heads} * 4 * 10;
          if (tokens == 1) {
            EXPECT_EQ(fetched, all * base::ceil_div(group, std::min(group, accumulators)));
          } else {
            const std::uint64_t rows = base::ceil_div(std::uint64_t{group} * kv_heads * 10, 64);
            const std::uint64_t held = std::max<std::uint64_t>(1, accumulators / rows);
            EXPECT_EQ(fetched, all * base::ceil_div(4, held));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace sim::optimus::test
