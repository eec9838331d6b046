#include <algorithm>

#include "scripts/models/poetbin/tree_search/level_tree.h"

/// grow_level_tree for ctypes. features: samples rows of ceil(feature_count / 8) bytes; labels,
/// weights: one a sample; chosen: levels entries; table: 2^levels bytes. The caller checks all
/// sizes.
extern "C" void poetbin_grow_tree(const std::uint8_t* features, const std::uint8_t* labels,
                                  const std::uint64_t* weights, std::size_t samples,
                                  std::size_t feature_count, std::size_t levels, bool mass_weighted,
                                  std::int32_t* chosen, std::uint8_t* table) {
  using poetbin::EntropyRule;
  const poetbin::TreeProblem problem{
      .features = {.bits = features, .stride = (feature_count + 7) / 8},
      .feature_count = feature_count,
      .labels = {labels, samples},
      .weights = {weights, samples},
      .rule = mass_weighted ? EntropyRule::kMassWeighted : EntropyRule::kEqualNodes,
  };
  const poetbin::LevelTree tree = poetbin::grow_level_tree(problem, levels);
  std::copy(tree.features.begin(), tree.features.end(), chosen);
  std::copy(tree.table.begin(), tree.table.end(), table);
}
