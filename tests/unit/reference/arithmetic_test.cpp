#include "sim/reference/arithmetic.h"

#include <gtest/gtest.h>

namespace sim::reference {
namespace {

TEST(Rshift, RoundsHalvesUpOnBothSidesOfZero) {
  EXPECT_EQ(rshift(5, 1), 3);    // 2.5
  EXPECT_EQ(rshift(-5, 1), -2);  // -2.5
  EXPECT_EQ(rshift(5, 2), 1);    // 1.25
  EXPECT_EQ(rshift(6, 2), 2);    // 1.5
  EXPECT_EQ(rshift(-6, 2), -1);  // -1.5
  EXPECT_EQ(rshift(-7, 2), -2);  // -1.75
}

TEST(Rshift, TakesTheLargestShiftAndValue) {
  constexpr std::int64_t kLargest = (std::int64_t{1} << 62) - 1;
  EXPECT_EQ(rshift(kLargest, 62), 1);
  EXPECT_EQ(rshift(-kLargest, 62), -1);
  EXPECT_EQ(rshift(std::int64_t{1} << 61, 62), 1);
  EXPECT_EQ(rshift((std::int64_t{1} << 61) - 1, 62), 0);
}

TEST(Clamp8, SaturatesAtBothEnds) {
  EXPECT_EQ(clamp8(127), 127);
  EXPECT_EQ(clamp8(128), 127);
  EXPECT_EQ(clamp8(-128), -128);
  EXPECT_EQ(clamp8(-129), -128);
  EXPECT_EQ(clamp8(std::int64_t{1} << 40), 127);
}

TEST(FloorDiv, RoundsTowardsMinusInfinity) {
  EXPECT_EQ(floor_div(7, 2), 3);
  EXPECT_EQ(floor_div(-7, 2), -4);
  EXPECT_EQ(floor_div(-8, 2), -4);
  EXPECT_EQ(floor_div(-1, 1000), -1);
  EXPECT_EQ(floor_div(0, 3), 0);
}

TEST(Isqrt, IsExactAroundPerfectSquares) {
  EXPECT_EQ(isqrt(0), 0);
  EXPECT_EQ(isqrt(1), 1);
  for (const std::int64_t root : {2L, 3L, 255L, 256L, 46341L, 16777216L, 2147483647L}) {
    EXPECT_EQ(isqrt(root * root - 1), root - 1);
    EXPECT_EQ(isqrt(root * root), root);
    EXPECT_EQ(isqrt(root * root + 1), root);
  }
}

}  // namespace
}  // namespace sim::reference
