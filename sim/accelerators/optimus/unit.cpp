#include "sim/accelerators/optimus/unit.h"

#include <fmt/format.h>

#include "sim/hw/clock.h"

namespace sim::optimus {
namespace {

constexpr std::string_view kUnit = "cycles";

constexpr stats::Field<UnitCycles> kFields[] = {
    {"busy_cycles", kUnit, "cycles in which the unit worked on a command", &UnitCycles::busy},
    {"input_wait_cycles", kUnit, "cycles in which it had a command whose inputs were not complete",
     &UnitCycles::input_waits},
    {"output_wait_cycles", kUnit, "cycles in which its consumer did not take its results",
     &UnitCycles::output_waits},
    {"idle_cycles", kUnit, "cycles in which it had no command", &UnitCycles::idle},
};

}  // namespace

std::span<const stats::Field<UnitCycles>> unit_cycle_fields() { return kFields; }

Unit::Unit(const sc_core::sc_module_name& name, Context& context)
    : sc_module(name), context_(context), by_layer_(context.program.layers.size()) {
  SC_THREAD(main);
}

void Unit::main() {
  try {
    while (true) {
      const Command command = commands.pop();
      cycles_.idle += hw::now() - booked_until_;
      booked_until_ = hw::now();
      execute(command);
      state_ = "idle";
    }
  } catch (const sc_core::sc_unwind_exception&) {
    throw;  // the kernel ends its processes with it
  } catch (...) {
    context_.failure = std::current_exception();
    sc_core::sc_stop();
  }
}

void Unit::execute(const Command& command) {
  state_ = fmt::format("waits for the inputs of {}", layer_of(command).name);
  context_.board.wait_complete(command.after);
  book(command, &UnitCycles::input_waits, hw::now() - booked_until_);
  state_ = fmt::format("runs {}", layer_of(command).name);
  const std::uint64_t begin = hw::now();
  run(command);
  if (context_.observer != nullptr) {
    context_.observer->job(name(), command.layer, begin, hw::now());
  }
}

void Unit::book(const Command& command, std::uint64_t UnitCycles::*field, std::uint64_t cycles) {
  cycles_.*field += cycles;
  by_layer_[command.layer].*field += cycles;
  booked_until_ += cycles;
}

void Unit::work(const Command& command, hw::Engine& engine, const std::function<void()>& on_event) {
  while (!engine.done()) {
    const std::uint64_t cycles = engine.advance();
    wait(hw::cycles(cycles));
    book(command, &UnitCycles::busy, cycles);
    on_event();
  }
}

void Unit::wait_for_parts(const Command& command, std::uint32_t count) {
  context_.board.wait_parts(*command.feed, count);
  book(command, &UnitCycles::input_waits, hw::now() - booked_until_);
}

void Unit::book_output_wait(const Command& command, std::uint64_t since) {
  book(command, &UnitCycles::output_waits, hw::now() - since);
}

void Unit::finish() {
  cycles_.idle += hw::now() - booked_until_;
  booked_until_ = hw::now();
}

}  // namespace sim::optimus
