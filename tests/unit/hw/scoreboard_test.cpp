#include "sim/hw/scoreboard.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>

#include "sim/base/error.h"
#include "sim/hw/clock.h"
#include "sim/hw/command_queue.h"

namespace sim::hw {
namespace {

/// Runs two functions as processes, whatever their order within a cycle.
class Pair : public sc_core::sc_module {
 public:
  std::function<void()> one;
  std::function<void()> two;

  SC_HAS_PROCESS(Pair);
  explicit Pair(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_THREAD(run_one);
    SC_THREAD(run_two);
  }

 private:
  void run_one() { one(); }
  void run_two() { two(); }
};

TEST(Scoreboard, WaiterGoesOnInTheCycleOfTheLastPart) {
  Scoreboard board("board");
  const std::array<std::uint32_t, 1> command{board.add(2)};
  std::uint64_t part_seen = 0;
  std::uint64_t all_seen = 0;
  Pair pair("pair");
  pair.one = [&] {
    board.wait_parts(command[0], 1);
    part_seen = now();
    board.wait_complete(command);
    all_seen = now();
  };
  pair.two = [&] {
    sc_core::wait(cycles(5));
    board.post_part(command[0]);
    sc_core::wait(cycles(4));
    board.post_part(command[0]);
  };
  sc_core::sc_start();
  EXPECT_EQ(part_seen, 5u);
  EXPECT_EQ(all_seen, 9u);
}

TEST(Scoreboard, OnePartTooManyIsAnInternalError) {
  Scoreboard board("board");
  const std::uint32_t command = board.add(1);
  board.post_part(command);
  EXPECT_THROW(board.post_part(command), base::SimulationError);
}

TEST(Scoreboard, IncompleteCommandsAreNotForgotten) {
  Scoreboard board("board");
  board.add(1);
  EXPECT_THROW(board.clear(), base::SimulationError);
}

TEST(CommandQueue, KeepsOrderAndWakesInTheSameCycle) {
  CommandQueue<int> queue("queue");
  std::array<int, 2> got{};
  std::uint64_t at = 0;
  Pair pair("pair");
  pair.one = [&] {
    got[0] = queue.pop();
    at = now();
    got[1] = queue.pop();
  };
  pair.two = [&] {
    sc_core::wait(cycles(3));
    queue.push(7);
    queue.push(8);
  };
  sc_core::sc_start();
  EXPECT_EQ(got[0], 7);
  EXPECT_EQ(got[1], 8);
  EXPECT_EQ(at, 3u);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace sim::hw
