#include "sim/core/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <systemc>

#include "sim/base/error.h"
#include "sim/hw/clock.h"

namespace sim::core {
namespace {

/// Works for so many cycles, then stops the machine or waits for something that never comes.
class Worker : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Worker);
  Worker(const sc_core::sc_module_name& name, std::uint64_t cycles, bool stops)
      : sc_module(name), cycles_(cycles), stops_(stops) {
    SC_THREAD(main);
  }

  bool finished() const { return finished_; }
  /// What the process holds on its stack while it waits.
  std::weak_ptr<int> held() const { return held_; }

 private:
  void main() {
    const auto held = std::make_shared<int>(1);
    held_ = held;
    for (std::uint64_t i = 0; i < cycles_; ++i) wait(hw::cycles(1));
    if (!stops_) wait(never_);
    finished_ = true;
    sc_core::sc_stop();
  }

  std::uint64_t cycles_;
  bool stops_;
  bool finished_ = false;
  std::weak_ptr<int> held_;
  sc_core::sc_event never_;
};

/// The message that a run ends with; empty when it is done.
std::string ending(Worker& worker, std::optional<std::uint64_t> max_cycles) {
  try {
    run_kernel([&] { return worker.finished(); }, max_cycles, [] { return "worker: waits"; });
  } catch (const base::SimulationError& e) {
    return e.what();
  }
  return "";
}

TEST(Kernel, RunsUntilTheMachineStopsIt) {
  Worker worker("worker", 12, true);
  EXPECT_EQ(ending(worker, std::nullopt), "");
  EXPECT_EQ(hw::now(), 12u);
}

TEST(Kernel, ExactlyAsManyCyclesAsAllowedAreDone) {
  Worker worker("worker", 12, true);
  EXPECT_EQ(ending(worker, 12), "");
}

TEST(Kernel, OneCycleFewerIsTooFew) {
  Worker worker("worker", 12, true);
  EXPECT_EQ(ending(worker, 11), "--max-cycles reached in cycle 11; worker: waits");
}

TEST(Kernel, AMachineThatCannotGoOnSaysWhatItsUnitsDo) {
  Worker worker("worker", 7, false);
  EXPECT_EQ(ending(worker, std::nullopt), "no unit can go on in cycle 7; worker: waits");
}

/// A higher limit would not help it, so the limit is not blamed.
TEST(Kernel, AMachineThatCannotGoOnIsNoneThatTakesTooLong) {
  Worker worker("worker", 7, false);
  EXPECT_EQ(ending(worker, 1000), "no unit can go on in cycle 7; worker: waits");
}

TEST(Kernel, WhatWaitingProcessesHoldIsGivenBack) {
  Worker worker("worker", 7, false);
  EXPECT_NE(ending(worker, std::nullopt), "");
  EXPECT_TRUE(worker.held().expired());
}

}  // namespace
}  // namespace sim::core
