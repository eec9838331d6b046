#include "sim/stats/stats.h"

#include <gtest/gtest.h>

#include <limits>

namespace sim::stats {
namespace {

struct FifoCounts {
  std::uint64_t writes = 0;
  std::uint64_t reads = 0;
};

constexpr Field<FifoCounts> kFields[] = {
    {"writes", "words", "words accepted", &FifoCounts::writes},
    {"reads", "words", "words delivered", &FifoCounts::reads},
};

std::span<const Field<FifoCounts>> fields() { return kFields; }

TEST(Add, SumsEveryField) {
  FifoCounts sum{1, 2};
  add(sum, FifoCounts{10, 20}, fields());
  EXPECT_EQ(sum.writes, 11u);
  EXPECT_EQ(sum.reads, 22u);
}

TEST(Add, OverflowIsCaughtInsteadOfWrapping) {
  FifoCounts sum{0, std::numeric_limits<std::uint64_t>::max()};
  EXPECT_THROW(add(sum, FifoCounts{0, 1}, fields()), base::SimulationError);
}

TEST(Tree, FindsCountersByName) {
  Tree tree;
  tree.units.push_back({"weight_fifo", {}});
  append(tree.units.back().counters, FifoCounts{3, 5}, fields());
  EXPECT_EQ(tree.unit("weight_fifo").value("reads"), 5u);
  EXPECT_THROW(tree.unit("weight_fifo").value("raeds"), base::SimulationError);
  EXPECT_THROW(tree.unit("gbuf"), base::SimulationError);
}

}  // namespace
}  // namespace sim::stats
