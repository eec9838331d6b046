#include "sim/core/cache.h"

#include <gtest/gtest.h>

namespace sim::core {
namespace {

TEST(Cache, EqualKeysGetTheSameObject) {
  Cache cache;
  int made = 0;
  const auto make = [&] { return ++made; };
  const auto first = cache.get<int>("a", make);
  EXPECT_EQ(cache.get<int>("a", make), first);
  EXPECT_EQ(made, 1);
}

TEST(Cache, OnlyTheLatestIsKept) {
  Cache cache;
  int made = 0;
  const auto make = [&] { return ++made; };
  cache.get<int>("a", make);
  EXPECT_EQ(*cache.get<int>("b", make), 2);
  EXPECT_FALSE(cache.holds("a"));
  EXPECT_EQ(*cache.get<int>("a", make), 3);
}

TEST(Cache, OldOneIsGivenUpBeforeANewOneIsMade) {
  Cache cache;
  std::weak_ptr<const int> old = cache.get<int>("a", [] { return 1; });
  cache.get<int>("b", [&] {
    EXPECT_TRUE(old.expired());
    return 2;
  });
}

TEST(Cache, FailureToMakeLeavesNothing) {
  Cache cache;
  cache.get<int>("a", [] { return 1; });
  EXPECT_THROW(cache.get<int>("b", []() -> int { throw 1; }), int);
  EXPECT_FALSE(cache.holds("a"));
  EXPECT_FALSE(cache.holds("b"));
}

TEST(Cache, EqualKeysOfOtherTypesAreOtherObjects) {
  Cache cache;
  cache.get<int>("a", [] { return 1; });
  EXPECT_EQ(*cache.get<double>("a", [] { return 0.5; }), 0.5);
}

}  // namespace
}  // namespace sim::core
