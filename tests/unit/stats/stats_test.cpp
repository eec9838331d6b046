#include "sim/stats/stats.h"

#include <gtest/gtest.h>

#include <limits>

namespace sim::stats {
namespace {

struct FifoStats : Group {
  using Group::Group;
  Counter writes{*this, "writes", "words", "words accepted"};
  Counter reads{*this, "reads", "words", "words delivered"};
};

TEST(Group, KeepsCountersInOrderOfDeclaration) {
  FifoStats stats("weight_fifo", "fifo");
  stats.writes.add(3);
  stats.writes.add(4);
  ASSERT_EQ(stats.counters().size(), 2u);
  EXPECT_EQ(stats.counters()[1]->name(), "reads");
  EXPECT_EQ(stats.value("writes"), 7u);
}

TEST(Group, UnknownCounterIsAnInternalError) {
  const FifoStats stats("weight_fifo", "fifo");
  EXPECT_THROW(stats.value("wirtes"), base::SimulationError);
}

TEST(Counter, OverflowIsCaughtInsteadOfWrapping) {
  FifoStats stats("weight_fifo", "fifo");
  stats.reads.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_THROW(stats.reads.add(1), base::SimulationError);
}

TEST(Tree, SnapshotOutlivesTheGroup) {
  Tree tree;
  {
    FifoStats stats("weight_fifo", "fifo");
    stats.reads.add(5);
    tree.units.push_back(snapshot(stats));
  }
  EXPECT_EQ(tree.unit("weight_fifo").value("reads"), 5u);
  EXPECT_EQ(tree.unit("weight_fifo").kind, "fifo");
  EXPECT_THROW(tree.unit("gbuf"), base::SimulationError);
}

}  // namespace
}  // namespace sim::stats
