#include "sim/accelerators/optimus/row_placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/base/rng.h"

namespace sim::optimus {
namespace {

using ::testing::ElementsAre;

TEST(RowPlacement, NaturalOrderDealsRowsInTurn) {
  const std::vector<std::uint32_t> lengths{9, 1, 8, 2, 7};
  const RowPlacement rows = place_rows(lengths, 2, 4, RowOrder::kNatural);
  EXPECT_EQ(rows.slots, 3u);
  EXPECT_THAT(rows.set, ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(rows.slot, ElementsAre(0, 0, 1, 1, 2));
}

TEST(RowPlacement, SnakeDealsLongestFirstForthAndBack) {
  // Sorted: rows 0 (9), 2 (8), 4 (7), 3 (2), 5 (2), 1 (1); dealt to sets 0 1 2, 2 1 0.
  const std::vector<std::uint32_t> lengths{9, 1, 8, 2, 7, 2};
  const RowPlacement rows = place_rows(lengths, 3, 1, RowOrder::kSnake);
  EXPECT_THAT(rows.set, ElementsAre(0, 0, 1, 2, 2, 1));
  EXPECT_THAT(rows.slot, ElementsAre(0, 1, 0, 1, 0, 1));
}

TEST(RowPlacement, PublishedCodeKeepsItsFoldOneRowShort) {
  // Sorted 0 … 7; the fold keeps 3 rows of 8 and turns the other 5 round: 0 1 2 7 6 5 4 3. Chunks
  // of 4 MACs, odd ones reversed: 0 1 2 7, 3 4 5 6. Pieces of 2 ways, odd ones reversed: 0 1 7 2, 3
  // 4 6 5.
  const std::vector<std::uint32_t> lengths{8, 7, 6, 5, 4, 3, 2, 1};
  const RowPlacement rows = place_rows(lengths, 2, 2, RowOrder::kAsPublishedCode);
  EXPECT_THAT(rows.set, ElementsAre(0, 1, 1, 0, 1, 1, 0, 0));
  EXPECT_THAT(rows.slot, ElementsAre(0, 0, 1, 2, 2, 3, 3, 1));
}

TEST(RowPlacement, GreedyGivesTheLongestRowToTheLightestSet) {
  // 9 → set 0, 5 → set 1, 4 → set 1 (5 < 9), 3 → set 0 (tie at 9: lowest), full after two slots
  // each.
  const std::vector<std::uint32_t> lengths{5, 9, 3, 4};
  const RowPlacement rows = place_rows(lengths, 2, 1, RowOrder::kGreedyLpt);
  EXPECT_THAT(rows.set, ElementsAre(1, 0, 0, 1));
}

TEST(RowPlacement, GreedySetWithoutFreeSlotTakesNoMore) {
  const std::vector<std::uint32_t> lengths{9, 1, 1, 1};  // set 1 would take all three short rows
  const RowPlacement rows = place_rows(lengths, 2, 1, RowOrder::kGreedyLpt);
  EXPECT_THAT(rows.set, ElementsAre(0, 1, 1, 0));
}

TEST(RowPlacement, EveryOrderGivesEveryRowAPlaceOfItsOwn) {
  base::Rng rng(1);
  for (int i = 0; i < 400; ++i) {
    std::vector<std::uint32_t> lengths(1 + rng.below(60));
    for (auto& length : lengths) length = static_cast<std::uint32_t>(rng.below(9));
    const auto sets = static_cast<std::uint32_t>(1 + rng.below(12));
    const auto order = static_cast<RowOrder>(i % 4);
    const RowPlacement rows =
        place_rows(lengths, sets, static_cast<std::uint32_t>(1 + rng.below(4)), order);
    ASSERT_EQ(rows.slots, (lengths.size() + sets - 1) / sets);
    std::set<std::pair<std::uint32_t, std::uint32_t>> places;
    for (std::size_t r = 0; r < lengths.size(); ++r) {
      ASSERT_LT(rows.set[r], sets);
      ASSERT_LT(rows.slot[r], rows.slots);
      places.emplace(rows.set[r], rows.slot[r]);
    }
    ASSERT_EQ(places.size(), lengths.size());
  }
}

}  // namespace
}  // namespace sim::optimus
