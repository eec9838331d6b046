#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

#include "sim/accelerators/optimus/program.h"
#include "sim/hw/command_queue.h"
#include "sim/hw/job_engine.h"
#include "sim/hw/scoreboard.h"
#include "sim/hw/unit_cycles.h"
#include "sim/hw/waiting_series.h"
#include "sim/stats/timeline.h"

namespace sim::optimus {

using hw::unit_cycle_fields;
using hw::UnitCycles;

/// What units share: the program, who waits for what, and where the first failure of a process is
/// kept (the kernel must not see exceptions).
struct Context {
  const Program& program;
  hw::Scoreboard& board;
  stats::Timeline* timeline = nullptr;
  std::exception_ptr failure = nullptr;
};

/// A unit that executes commands in order: waits for a command, waits until its inputs are
/// complete, runs it. Derived units say in run() how; every cycle that passes goes to one field of
/// UnitCycles.
class Unit : public sc_core::sc_module {
 public:
  hw::CommandQueue<Command> commands{"commands"};

  const UnitCycles& cycles() const { return book_.cycles(); }
  /// Cycles of input waits and busy time by layer.
  const std::vector<UnitCycles>& by_layer() const { return by_layer_; }
  /// What it is doing, for the report of a stuck run.
  const std::string& state() const { return state_; }
  /// Books the time since its last job as idle. Called once, when the run has ended.
  void finish() { book_.book_until_now(&UnitCycles::idle); }

 protected:
  SC_HAS_PROCESS(Unit);
  Unit(const sc_core::sc_module_name& name, Context& context);

  virtual void run(const Command& command) = 0;

  const Layer& layer_of(const Command& command) const {
    return context_.program.layers[command.layer];
  }
  /// Lets the engine do the job that it was given now; `on_event` is called after each of its
  /// events.
  void work(
      const Command& command, hw::JobEngine& engine, const std::function<void()>& on_event = [] {});
  /// Blocks until `count` parts of the command's feed are done.
  void wait_for_parts(const Command& command, std::uint32_t count);
  /// Books the cycles that are not booked yet as a wait for the consumer.
  void book_output_wait(const Command& command);

  Context& context_;

 private:
  void main();
  void execute(const Command& command);
  void book_wait(const Command& command, std::uint64_t UnitCycles::*field);

  hw::CycleBook book_;
  hw::WaitingSeries waiting_;
  std::vector<UnitCycles> by_layer_;
  std::string state_ = "idle";
};

}  // namespace sim::optimus
