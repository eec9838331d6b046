#include "sim/workload/map_shapes.h"

#include <gtest/gtest.h>

namespace sim::workload {
namespace {

TEST(WindowPositions, AreThoseOfWellKnownLayers) {
  // ResNet: 7x7 stride 2 padding 3 on 224, 3x3 stride 2 padding 1 on 112, 1x1 stride 2 on 56.
  EXPECT_EQ(window_positions({.size = 224, .before = 3, .after = 3, .kernel = 7, .stride = 2}),
            112U);
  EXPECT_EQ(window_positions({.size = 112, .before = 1, .after = 1, .kernel = 3, .stride = 2}),
            56U);
  EXPECT_EQ(window_positions({.size = 56, .stride = 2}), 28U);
  // Dilation 2 makes a kernel of 3 five wide.
  EXPECT_EQ(window_positions({.size = 7, .kernel = 3, .dilation = 2}), 3U);
  // The stride leads beyond the kernel and leaves elements out.
  EXPECT_EQ(window_positions({.size = 10, .kernel = 2, .stride = 4}), 3U);
}

TEST(WindowPositions, AreNoneWhereNoWindowFits) {
  EXPECT_EQ(window_positions({.size = 2, .kernel = 3}), 0U);
  EXPECT_EQ(window_positions({.size = 2, .after = 1, .kernel = 3}), 1U);
  EXPECT_EQ(window_positions({.size = 2, .kernel = 2, .dilation = 2}), 0U);
}

TEST(WindowPositions, CeilModeAddsAPartOfAWindow) {
  // 6 elements, 3 wide, stride 2: at 0, 2 and, in part, at 4.
  EXPECT_EQ(window_positions({.size = 6, .kernel = 3, .stride = 2}), 2U);
  EXPECT_EQ(window_positions({.size = 6, .kernel = 3, .stride = 2, .ceil_mode = true}), 3U);
  EXPECT_EQ(window_positions({.size = 7, .kernel = 3, .stride = 2, .ceil_mode = true}), 3U);
  // A map smaller than the window: ceil(-1 / 2) + 1.
  EXPECT_EQ(window_positions({.size = 2, .kernel = 3, .stride = 2, .ceil_mode = true}), 1U);
  EXPECT_EQ(window_positions({.size = 1, .kernel = 3, .stride = 2, .ceil_mode = true}), 0U);
}

TEST(WindowPositions, CeilModeHasNoWindowThatBeginsBehindTheMap) {
  // ceil((5 + 2 - 2) / 4) + 1 = 3, but the third begins at 8, behind 5 + 1.
  EXPECT_EQ(window_positions(
                {.size = 5, .before = 1, .after = 1, .kernel = 2, .stride = 4, .ceil_mode = true}),
            2U);
  // The second window would begin at 3 = 2 + 1, the padding below: it is left out. With one element
  // more it begins at the last element and stays.
  const WindowSide side{
      .size = 2, .before = 1, .after = 1, .kernel = 2, .stride = 3, .ceil_mode = true};
  EXPECT_EQ(window_positions(side), 1U);
  WindowSide larger = side;
  larger.size = 3;
  EXPECT_EQ(window_positions(larger), 2U);
}

TEST(TapsInside, AreThoseThatReadTheMap) {
  const WindowSide side{.size = 4, .before = 2, .after = 2, .kernel = 3, .stride = 2};
  const auto taps = [&](std::uint32_t position) {
    const Taps found = taps_inside(side, position);
    return std::pair{found.first, found.last};
  };
  EXPECT_EQ(window_positions(side), 3U);
  EXPECT_EQ(taps(0), std::pair(2U, 3U));  // -2 to 0
  EXPECT_EQ(taps(1), std::pair(0U, 3U));  // 0 to 2
  EXPECT_EQ(taps(2), std::pair(0U, 2U));  // 2 to 4
}

TEST(TapsInside, AgreeWithEveryElementOnManySides) {
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const WindowSide side{.size = 1 + i % 4,
                          .before = i / 4 % 5,
                          .after = i / 20 % 5,
                          .kernel = 1 + i / 100 % 4,
                          .stride = 1 + i / 400 % 3,
                          .dilation = 1 + i / 1200 % 3};
    for (std::uint32_t position = 0; position < window_positions(side); ++position) {
      const Taps taps = taps_inside(side, position);
      for (std::uint32_t tap = 0; tap < side.kernel; ++tap) {
        const std::int64_t element = window_element(side, position, tap);
        const bool inside = element >= 0 && element < side.size;
        const bool found = tap >= taps.first && tap < taps.last;
        ASSERT_EQ(inside, found) << i << ", window " << position << ", tap " << tap;
      }
    }
  }
}

TEST(EveryWindowHasElement, UnlessDilationOrPaddingLeadsAroundTheMap) {
  const WindowSide plain{.size = 3, .before = 1, .after = 1, .kernel = 3};
  EXPECT_TRUE(every_window_has_element({plain, plain}));
  // Two taps, two apart, around a map of one element: at -1 and 1.
  const WindowSide around{.size = 1, .before = 1, .after = 1, .kernel = 2, .dilation = 2};
  EXPECT_FALSE(every_window_has_element({plain, around}));
  EXPECT_FALSE(every_window_has_element({around, plain}));
  // Padding as wide as the window.
  EXPECT_FALSE(every_window_has_element({plain, {.size = 3, .before = 3, .kernel = 3}}));
  EXPECT_TRUE(every_window_has_element({plain, {.size = 3, .before = 2, .kernel = 3}}));
}

TEST(WindowSides, TakeRowsFirst) {
  const Conv2d conv{
      .kernel = {1, 2}, .stride = {3, 4}, .dilation = {5, 6}, .padding = {7, 8, 9, 10}};
  const WindowSides sides = window_sides(conv, 20, 30);
  EXPECT_EQ(sides[0].size, 20U);
  EXPECT_EQ(sides[0].before, 7U);
  EXPECT_EQ(sides[0].after, 9U);
  EXPECT_EQ(sides[0].kernel, 1U);
  EXPECT_EQ(sides[0].stride, 3U);
  EXPECT_EQ(sides[0].dilation, 5U);
  EXPECT_EQ(sides[1].size, 30U);
  EXPECT_EQ(sides[1].before, 8U);
  EXPECT_EQ(sides[1].after, 10U);
  EXPECT_EQ(sides[1].kernel, 2U);
  EXPECT_EQ(sides[1].stride, 4U);
  EXPECT_EQ(sides[1].dilation, 6U);
}

TEST(UpsampledSize, LeavesNoZerosBehindTheLastElement) {
  EXPECT_EQ(upsampled_size(Upsample::Fill::kNearest, 5, 3), 15U);
  EXPECT_EQ(upsampled_size(Upsample::Fill::kZeros, 5, 3), 13U);
  EXPECT_EQ(upsampled_size(Upsample::Fill::kZeros, 1, 64), 1U);
}

}  // namespace
}  // namespace sim::workload
