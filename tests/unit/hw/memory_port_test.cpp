#include "sim/hw/memory_port.h"

#include <gtest/gtest.h>

#include "sim/base/error.h"

namespace sim::hw {
namespace {

MemoryPort port(std::uint32_t outstanding, std::uint32_t bytes_per_cycle) {
  return MemoryPort({.outstanding = outstanding, .bytes_per_cycle = bytes_per_cycle});
}

TEST(MemoryPort, RequestIsVisibleExactlyOneCycleAfterSend) {
  MemoryPort p = port(2, 8);
  p.send(4, {.id = 9, .address = 64, .bytes = 8, .write = true});
  EXPECT_FALSE(p.can_take(4));
  ASSERT_TRUE(p.can_take(5));
  const MemoryRequest request = p.take(5);
  EXPECT_EQ(request.id, 9u);
  EXPECT_EQ(request.address, 64u);
  EXPECT_TRUE(request.write);
}

TEST(MemoryPort, ResponseIsVisibleExactlyOneCycleAfterItIsGiven) {
  MemoryPort p = port(1, 8);
  p.send(0, {.id = 3});
  p.respond(7, {.id = p.take(1).id});
  EXPECT_FALSE(p.can_receive(7));
  ASSERT_TRUE(p.can_receive(8));
  EXPECT_EQ(p.receive(8).id, 3u);
}

TEST(MemoryPort, RequestStaysInFlightUntilItsResponseIsReceived) {
  MemoryPort p = port(2, 8);
  p.send(0, {.id = 0});
  p.send(1, {.id = 1});
  EXPECT_FALSE(p.can_send());
  EXPECT_THROW(p.send(2, {.id = 2}), base::SimulationError);
  p.respond(2, {.id = p.take(2).id});
  EXPECT_FALSE(p.can_send());
  p.receive(3);
  EXPECT_TRUE(p.can_send());
}

TEST(MemoryPort, BeatsAreWholeWidths) {
  const MemoryPort p = port(1, 8);
  EXPECT_EQ(p.beats(1), 1u);
  EXPECT_EQ(p.beats(8), 1u);
  EXPECT_EQ(p.beats(9), 2u);
}

TEST(MemoryPort, RequestWithoutBytesIsRefused) {
  MemoryPort p = port(1, 8);
  EXPECT_THROW(p.send(0, {.id = 0, .address = 0, .bytes = 0}), base::SimulationError);
}

}  // namespace
}  // namespace sim::hw
