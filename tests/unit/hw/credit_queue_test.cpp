#include "sim/hw/credit_queue.h"

#include <gtest/gtest.h>

#include "sim/base/error.h"

namespace sim::hw {
namespace {

TEST(CreditQueue, WordIsVisibleExactlyOneCycleAfterPush) {
  CreditQueue<int> queue(2);
  queue.push(5, 7);
  EXPECT_FALSE(queue.can_pop(5));
  ASSERT_TRUE(queue.can_pop(6));
  EXPECT_EQ(queue.pop(6), 7);
}

TEST(CreditQueue, PlaceIsFreeExactlyOneCycleAfterPop) {
  CreditQueue<int> queue(1);
  queue.push(0, 1);
  EXPECT_FALSE(queue.can_push(3));
  queue.pop(4);
  EXPECT_FALSE(queue.can_push(4));
  EXPECT_TRUE(queue.can_push(5));
}

TEST(CreditQueue, OrderOfSidesWithinACycleDoesNotMatter) {
  CreditQueue<int> pops_first(2);
  CreditQueue<int> pushes_first(2);
  for (auto* queue : {&pops_first, &pushes_first}) queue->push(0, 1);
  EXPECT_EQ(pops_first.pop(1), 1);
  pops_first.push(1, 2);
  pushes_first.push(1, 2);
  EXPECT_EQ(pushes_first.pop(1), 1);
  for (auto* queue : {&pops_first, &pushes_first}) {
    EXPECT_FALSE(queue->can_push(1));
    EXPECT_FALSE(queue->can_pop(1));
    EXPECT_TRUE(queue->can_push(2));
    EXPECT_EQ(queue->pop(2), 2);
  }
}

TEST(CreditQueue, WakesTheOtherSide) {
  struct Sleeper : Wakeable {
    void wake() override { ++woken; }
    int woken = 0;
  } producer, consumer;
  CreditQueue<int> queue(1);
  queue.connect(producer, consumer);
  queue.push(0, 1);
  EXPECT_EQ(consumer.woken, 1);
  EXPECT_EQ(producer.woken, 0);
  queue.pop(1);
  EXPECT_EQ(producer.woken, 1);
}

TEST(CreditQueue, PushWithoutCreditAndPopOfNothingAreInternalErrors) {
  CreditQueue<int> queue(1);
  EXPECT_THROW(queue.pop(0), base::SimulationError);
  queue.push(0, 1);
  EXPECT_THROW(queue.push(1, 2), base::SimulationError);
  EXPECT_THROW(queue.pop(0), base::SimulationError);
}

}  // namespace
}  // namespace sim::hw
