#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scripts/models/poetbin/tree_search/subset_sums.h"

namespace poetbin {

/// How the conditional entropies of the nodes of a level are added.
enum class EntropyRule {
  kEqualNodes,    // each node normalised by its own weight: what PoET-BiN's published code does
  kMassWeighted,  // each node by its share of all weight: textbook information gain
};

/// A two-class problem. Weights are integers whose sum is below 2^53: sums of them are exact in any
/// order.
struct TreeProblem {
  PackedFeatures features;
  std::size_t feature_count;
  std::span<const std::uint8_t> labels;    // 0 or 1, one a sample
  std::span<const std::uint64_t> weights;  // one a sample
  EntropyRule rule;
};

/// A tree whose nodes of one level all test one feature, i.e. a look-up table.
struct LevelTree {
  std::vector<std::int32_t> features;  // root first; the root is the most significant address bit
  std::vector<std::uint8_t> table;     // 2^levels bits, one a byte
};

/// The greedy level-wise tree: at each level the unused feature of least entropy, the lowest one
/// when several are equal or none is below the entropy of a coin. levels is at most feature_count
/// and below 31.
LevelTree grow_level_tree(const TreeProblem& problem, std::size_t levels);

}  // namespace poetbin
