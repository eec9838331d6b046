#pragma once

#include <cstdint>
#include <functional>
#include <systemc>
#include <vector>

#include "sim/accelerators/optimus/unit.h"
#include "sim/hw/command_queue.h"
#include "sim/hw/job_engine.h"

namespace sim::optimus {

/// A unit that executes commands in order: waits for a command, waits until its inputs are
/// complete, runs it. Derived units say in run() how.
class CommandUnit : public Unit {
 public:
  hw::CommandQueue<Command> commands{"commands"};

  /// Adds what this unit counted for each layer that it executed.
  virtual void add_to(std::vector<LayerRecord>& layers) const;

 protected:
  SC_HAS_PROCESS(CommandUnit);
  CommandUnit(const sc_core::sc_module_name& name, Context& context);

  virtual void run(const Command& command) = 0;

  const Layer& layer_of(const Command& command) const {
    return context_.program.layers[command.layer];
  }
  /// Lets the engine do the job that it was given now; `on_event` is called after each of its
  /// events.
  void work(
      const Command& command, hw::JobEngine& engine, const std::function<void()>& on_event = [] {});
  /// Blocks until `count` parts of the command's feed are done; the cycle in which they were.
  std::uint64_t wait_for_parts(const Command& command, std::uint32_t count);
  /// The cycles that are not booked yet belong to `field`, for the command's layer.
  void book_for(const Command& command, std::uint64_t UnitCycles::*field);

 private:
  void main();
  void execute(const Command& command);

  std::vector<UnitCycles> by_layer_;
};

}  // namespace sim::optimus
