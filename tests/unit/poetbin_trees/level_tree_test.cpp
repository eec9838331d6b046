// What the sanitizers cannot reach through Python; the definition itself is tested in
// tests/scripts.
#include "scripts/models/poetbin/tree_search/level_tree.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace poetbin {
namespace {

struct Drawn {
  Drawn(std::size_t samples, std::size_t feature_count)
      : features(feature_count), stride((feature_count + 7) / 8) {
    std::mt19937 random(static_cast<unsigned>(97 * samples + feature_count));
    for (std::size_t i = 0; i < samples * stride; ++i) {
      bits.push_back(static_cast<std::uint8_t>(random()));
    }
    for (std::size_t i = 0; i < samples; ++i) {
      weights.push_back(random());
      labels.push_back(packed().value(static_cast<std::uint32_t>(i), 0) ? 1 : 0);
    }
  }

  PackedFeatures packed() const { return {.bits = bits.data(), .stride = stride}; }
  TreeProblem problem() const {
    return {packed(), features, labels, weights, EntropyRule::kEqualNodes};
  }

  std::size_t features;
  std::size_t stride;
  std::vector<std::uint8_t> bits;
  std::vector<std::uint64_t> weights;
  std::vector<std::uint8_t> labels;
};

std::uint64_t weight_of_set_feature(const Drawn& drawn, const std::vector<std::uint32_t>& samples,
                                    std::size_t f) {
  std::uint64_t sum = 0;
  for (const std::uint32_t sample : samples) {
    sum += drawn.packed().value(sample, f) ? drawn.weights[sample] : 0;
  }
  return sum;
}

TEST(SubsetSums, WeightsOfSetFeaturesAreSummedForAnyNumberOfSamplesAndFeatures) {
  for (std::size_t count = 0; count <= 17; ++count) {
    for (const std::size_t features : {1U, 7U, 8U, 9U, 70U}) {
      const Drawn drawn(20, features);
      std::vector<std::uint32_t> samples(count);
      std::iota(samples.rbegin(), samples.rend(), 2U);
      std::vector<std::uint64_t> sums(8 * drawn.stride, 5);  // sums are added to what is there
      add_weights_of_set_features(drawn.packed(), drawn.weights, samples, sums);
      for (std::size_t f = 0; f < features; ++f) {
        EXPECT_EQ(sums[f], 5 + weight_of_set_feature(drawn, samples, f))
            << count << " samples, feature " << f;
      }
    }
  }
}

TEST(LevelTree, FeatureThatIsTheLabelIsTheRootAndDecidesEveryLeaf) {
  const Drawn drawn(500, 11);
  const LevelTree tree = grow_level_tree(drawn.problem(), 3);
  EXPECT_EQ(tree.features, (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(tree.table, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST(LevelTree, MayUseEveryFeatureAndHaveMoreLeavesThanSamples) {
  const Drawn drawn(5, 9);
  const LevelTree tree = grow_level_tree(drawn.problem(), 9);
  std::vector<std::int32_t> all(9);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(tree.features, all);
  EXPECT_EQ(tree.table.size(), 512U);
}

TEST(LevelTree, WithoutSamplesEveryLeafIsZero) {
  const LevelTree tree = grow_level_tree(Drawn(0, 3).problem(), 2);
  EXPECT_EQ(tree.table, (std::vector<std::uint8_t>(4, 0)));
}

}  // namespace
}  // namespace poetbin
