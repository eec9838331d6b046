#include "sim/hw/process_guard.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <vector>

#include "sim/hw/clock.h"

namespace sim::hw {
namespace {

/// Processes of this kind take turns, so that the kernel switches stacks in every cycle.
class Thrower : public sc_core::sc_module {
 public:
  std::function<void()> at_the_end = [] {};
  int caught = 0;
  std::exception_ptr failure;

  SC_HAS_PROCESS(Thrower);
  explicit Thrower(const sc_core::sc_module_name& name) : sc_module(name) { SC_THREAD(main); }

 private:
  void main() {
    guard_process(failure, [this] {
      for (int i = 0; i < 3; ++i) throw_deep_down(3);
      at_the_end();
    });
  }

  void throw_deep_down(int levels) {
    try {
      go_down(levels);
    } catch (const std::runtime_error&) {
      ++caught;
    }
  }

  void go_down(int levels) {
    const std::vector<int> unwound(4);
    wait(cycles(1));
    if (levels == 0) throw std::runtime_error("deep down");
    go_down(levels - 1);
  }
};

void run() {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  sc_core::sc_start();
}

TEST(ProcessGuard, ExceptionsOfTwoProcessesUnwindTheirOwnStacks) {
  Thrower one("one");
  Thrower two("two");
  run();
  EXPECT_EQ(one.caught, 3);
  EXPECT_EQ(two.caught, 3);
  EXPECT_THROW(throw std::runtime_error("on the main stack, after it"), std::runtime_error);
}

TEST(ProcessGuard, WhatEndsAProcessEndsTheRunAndIsKept) {
  Thrower one("one");
  Thrower two("two");
  one.at_the_end = [] { throw std::logic_error("the end"); };
  run();
  EXPECT_THROW(std::rethrow_exception(one.failure), std::logic_error);
  EXPECT_EQ(two.failure, nullptr);
}

#ifdef __SANITIZE_ADDRESS__
/// Writes one element behind the end; volatile, or the compiler would leave it out.
void write_behind_the_end(std::vector<int>& values) {
  volatile int* end = values.data() + values.size();
  *end = 1;
}

TEST(Sanitizer, StillFindsAnOverflowInAProcessAndAfterTheRun) {
  Thrower one("one");
  Thrower two("two");
  std::vector<int> values(3);
  two.at_the_end = [&] { write_behind_the_end(values); };
  EXPECT_DEATH(run(), "heap-buffer-overflow");
  two.at_the_end = [] {};
  run();
  EXPECT_DEATH(write_behind_the_end(values), "heap-buffer-overflow");
}
#endif

}  // namespace
}  // namespace sim::hw
