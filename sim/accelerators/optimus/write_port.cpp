#include "sim/accelerators/optimus/write_port.h"

#include <fmt/format.h>

#include <utility>

#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"
#include "sim/hw/run_job.h"

namespace sim::optimus {

WritePort::WritePort(const sc_core::sc_module_name& name, Context& context,
                     std::unique_ptr<hw::LanePipeline> engine)
    : Unit(name, context, "parts"), engine_(std::move(engine)) {
  SC_THREAD(main);
}

UnitTotals WritePort::totals() const {
  UnitTotals totals = Unit::totals();
  totals.elements = elements_;
  return totals;
}

void WritePort::push(WritePart part) {
  part.since = hw::now();
  parts_.push_back(part);
  pushed_.notify(sc_core::SC_ZERO_TIME);
}

void WritePort::wait_idle() {
  while (writing_ || !parts_.empty()) sc_core::wait(idle_);
}

void WritePort::main() {
  hw::guard_process(context_.failure, [this] {
    while (true) write(pop());
  });
}

WritePart WritePort::pop() {
  while (parts_.empty()) wait(pushed_);
  const WritePart part = parts_.front();
  parts_.pop_front();
  waiting_.add(part.since);
  book(&UnitCycles::idle);
  return part;
}

void WritePort::write(const WritePart& part) {
  writing_ = true;
  state_ = fmt::format("writes {}", context_.program.layers[part.layer].name);
  const std::uint64_t begin = hw::now();
  engine_->start({.elements = part.elements, .first_part = part.first_part, .ready = part.since},
                 begin);
  hw::run_job(*engine_, [&] { book(&UnitCycles::busy); });
  elements_ += part.elements;
  writing_ = false;
  state_ = "idle";
  if (part.posts) context_.board.post_part(part.command);
  if (parts_.empty()) idle_.notify(sc_core::SC_ZERO_TIME);
  draw_job(context_.program.layers[part.layer], begin);
}

}  // namespace sim::optimus
