#include "scripts/models/poetbin/tree_search/level_tree.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace poetbin {
namespace {

/// Weight times entropy, in bits, of a set with these weights of the two labels.
double weighted_entropy(std::uint64_t zeros, std::uint64_t ones) {
  if (zeros == 0 || ones == 0) {
    return 0.0;
  }
  const auto a = static_cast<double>(zeros);
  const auto b = static_cast<double>(ones);
  const double sum = a + b;
  return -(a * std::log2(a / sum) + b * std::log2(b / sum));
}

class Grower {
 public:
  explicit Grower(const TreeProblem& problem)
      : problem_(problem), used_(problem.feature_count, false), order_(problem.labels.size()) {
    std::iota(order_.begin(), order_.end(), 0U);
    std::stable_partition(order_.begin(), order_.end(),
                          [this](std::uint32_t s) { return is_zero(s); });
    append_child(0, order_.size(), bounds_);
    total_ = std::accumulate(problem.weights.begin(), problem.weights.end(), std::uint64_t{0});
  }

  std::int32_t add_level() {
    const std::size_t feature = best_feature(level_entropies());
    used_[feature] = true;
    split_nodes(feature);
    return static_cast<std::int32_t>(feature);
  }

  std::vector<std::uint8_t> leaf_labels() const {
    std::vector<std::uint8_t> labels;
    for (std::size_t node = 0; node < nodes(); ++node) {
      labels.push_back(weight_of(node, 1) > weight_of(node, 0) ? 1 : 0);
    }
    return labels;
  }

 private:
  std::size_t nodes() const { return bounds_.size() / 2; }

  /// The samples of a node that have this label.
  std::span<const std::uint32_t> samples(std::size_t node, std::size_t label) const {
    const std::size_t group = 2 * node + label;
    return std::span(order_).subspan(bounds_[group], bounds_[group + 1] - bounds_[group]);
  }

  std::uint64_t weight_of(std::size_t node, std::size_t label) const {
    std::uint64_t sum = 0;
    for (const std::uint32_t sample : samples(node, label)) {
      sum += problem_.weights[sample];
    }
    return sum;
  }

  std::vector<std::uint64_t> set_weights(std::size_t node, std::size_t label) const {
    std::vector<std::uint64_t> sums(8 * problem_.features.stride, 0);
    add_weights_of_set_features(problem_.features, problem_.weights, samples(node, label), sums);
    return sums;
  }

  std::vector<double> level_entropies() const {
    std::vector<double> entropies(problem_.feature_count, 0.0);
    for (std::size_t node = 0; node < nodes(); ++node) {
      add_node_entropies(node, entropies);
    }
    return entropies;
  }

  void add_node_entropies(std::size_t node, std::vector<double>& entropies) const {
    const std::uint64_t zeros = weight_of(node, 0);
    const std::uint64_t ones = weight_of(node, 1);
    if (zeros == 0 || ones == 0) {
      return;  // empty or pure: no feature leaves any entropy
    }
    const std::vector<std::uint64_t> set_zeros = set_weights(node, 0);
    const std::vector<std::uint64_t> set_ones = set_weights(node, 1);
    const bool equal_nodes = problem_.rule == EntropyRule::kEqualNodes;
    const auto norm = static_cast<double>(equal_nodes ? zeros + ones : total_);
    for (std::size_t f = 0; f < entropies.size(); ++f) {
      entropies[f] += (weighted_entropy(zeros - set_zeros[f], ones - set_ones[f]) +
                       weighted_entropy(set_zeros[f], set_ones[f])) /
                      norm;
    }
  }

  std::size_t best_feature(const std::vector<double>& entropies) const {
    const bool equal_nodes = problem_.rule == EntropyRule::kEqualNodes;
    double least = equal_nodes ? static_cast<double>(nodes()) : 1.0;
    std::size_t best = first_unused();
    for (std::size_t f = best; f < used_.size(); ++f) {
      if (!used_[f] && entropies[f] < least) {
        least = entropies[f];
        best = f;
      }
    }
    return best;
  }

  std::size_t first_unused() const {
    return static_cast<std::size_t>(std::find(used_.begin(), used_.end(), false) - used_.begin());
  }

  void split_nodes(std::size_t feature) {
    const auto is_clear = [&](std::uint32_t sample) {
      return !problem_.features.value(sample, feature);
    };
    std::vector<std::size_t> bounds{0};
    for (std::size_t node = 0; node < nodes(); ++node) {
      const std::size_t begin = bounds_[2 * node];
      const std::size_t end = bounds_[2 * node + 2];
      const auto middle = std::stable_partition(at(begin), at(end), is_clear);
      append_child(begin, static_cast<std::size_t>(middle - order_.begin()), bounds);
      append_child(static_cast<std::size_t>(middle - order_.begin()), end, bounds);
    }
    bounds_ = std::move(bounds);
  }

  /// The samples begin..end stand in order of their labels.
  void append_child(std::size_t begin, std::size_t end, std::vector<std::size_t>& bounds) {
    const auto ones =
        std::partition_point(at(begin), at(end), [this](std::uint32_t s) { return is_zero(s); });
    bounds.push_back(static_cast<std::size_t>(ones - order_.begin()));
    bounds.push_back(end);
  }

  std::vector<std::uint32_t>::iterator at(std::size_t i) {
    return order_.begin() + static_cast<std::ptrdiff_t>(i);
  }
  bool is_zero(std::uint32_t sample) const { return problem_.labels[sample] == 0; }

  const TreeProblem& problem_;
  std::vector<bool> used_;
  std::vector<std::uint32_t> order_;    // samples by node, then by label
  std::vector<std::size_t> bounds_{0};  // of the groups in order_: two a node
  std::uint64_t total_ = 0;
};

}  // namespace

LevelTree grow_level_tree(const TreeProblem& problem, std::size_t levels) {
  Grower grower(problem);
  LevelTree tree;
  for (std::size_t level = 0; level < levels; ++level) {
    tree.features.push_back(grower.add_level());
  }
  tree.table = grower.leaf_labels();
  return tree;
}

}  // namespace poetbin
