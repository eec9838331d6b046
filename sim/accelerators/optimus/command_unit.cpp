#include "sim/accelerators/optimus/command_unit.h"

#include <fmt/format.h>

#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"
#include "sim/hw/run_job.h"

namespace sim::optimus {

CommandUnit::CommandUnit(const sc_core::sc_module_name& name, Context& context)
    : Unit(name, context, "commands"), by_layer_(context.program.layers.size()) {
  context.executors[index_of(id())] = this;
  SC_THREAD(main);
}

void CommandUnit::add_to(std::vector<LayerRecord>& layers) const {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    stats::add(layers[i].cycles, by_layer_[i], unit_cycle_fields());
  }
}

void CommandUnit::main() {
  hw::guard_process(context_.failure, [this] {
    while (true) {
      const Command command = commands.pop();
      waiting_.add(commands.popped_since());
      book(&UnitCycles::idle);
      execute(command);
      state_ = "idle";
    }
  });
}

void CommandUnit::execute(const Command& command) {
  state_ = fmt::format("waits for the inputs of {}", layer_of(command).name);
  context_.board.wait_complete(command.after);
  book_for(command, &UnitCycles::input_waits);
  state_ = fmt::format("runs {}", layer_of(command).name);
  const std::uint64_t begin = hw::now();
  run(command);
  draw_job(layer_of(command), begin);
}

void CommandUnit::book_for(const Command& command, std::uint64_t UnitCycles::*field) {
  by_layer_[command.layer].*field += book(field);
}

void CommandUnit::work(const Command& command, hw::JobEngine& engine,
                       const std::function<void()>& on_event) {
  hw::run_job(engine, [&] {
    book_for(command, &UnitCycles::busy);
    on_event();
  });
}

std::uint64_t CommandUnit::wait_for_parts(const Command& command, std::uint32_t count) {
  context_.board.wait_parts(*command.feed, count);
  book_for(command, &UnitCycles::input_waits);
  return context_.board.done_since(*command.feed, count);
}

}  // namespace sim::optimus
