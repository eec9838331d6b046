#include "sim/accelerators/optimus/unit.h"

#include <fmt/format.h>

#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"
#include "sim/hw/run_job.h"

namespace sim::optimus {
Unit::Unit(const sc_core::sc_module_name& name, Context& context)
    : sc_module(name),
      context_(context),
      book_(context.timeline, basename()),
      waiting_(context.timeline, basename(), "commands"),
      by_layer_(context.program.layers.size()) {
  SC_THREAD(main);
}

void Unit::main() {
  hw::guard_process(context_.failure, [this] {
    while (true) {
      const Command command = commands.pop();
      waiting_.add(commands.popped_since());
      book_.book_until_now(&UnitCycles::idle);
      execute(command);
      state_ = "idle";
    }
  });
}

void Unit::execute(const Command& command) {
  state_ = fmt::format("waits for the inputs of {}", layer_of(command).name);
  context_.board.wait_complete(command.after);
  book_wait(command, &UnitCycles::input_waits);
  state_ = fmt::format("runs {}", layer_of(command).name);
  const std::uint64_t begin = hw::now();
  run(command);
  if (context_.timeline != nullptr) {
    context_.timeline->span(basename(), layer_of(command).name, begin, hw::now());
  }
}

void Unit::book_wait(const Command& command, std::uint64_t UnitCycles::*field) {
  by_layer_[command.layer].*field += book_.book_until_now(field);
}

void Unit::work(const Command& command, hw::JobEngine& engine,
                const std::function<void()>& on_event) {
  hw::run_job(engine, [&](std::uint64_t cycles) {
    book_.book(&UnitCycles::busy, cycles);
    by_layer_[command.layer].busy += cycles;
    on_event();
  });
}

void Unit::wait_for_parts(const Command& command, std::uint32_t count) {
  context_.board.wait_parts(*command.feed, count);
  book_wait(command, &UnitCycles::input_waits);
}

void Unit::book_output_wait(const Command& command) {
  book_wait(command, &UnitCycles::output_waits);
}

}  // namespace sim::optimus
