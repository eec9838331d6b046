#include "sim/accelerators/poetbin/machine.h"

#include <fmt/format.h>

#include <utility>

#include "sim/core/kernel.h"
#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"
#include "sim/hw/run_job.h"

namespace sim::poetbin {

Machine::Machine(const sc_core::sc_module_name& name, std::unique_ptr<RunEngine> engine,
                 std::uint64_t samples, Delivered delivered)
    : sc_module(name),
      engine_(std::move(engine)),
      samples_(samples),
      delivered_(std::move(delivered)) {
  SC_THREAD(main);
}

void Machine::main() {
  hw::guard_process(failure_, [this] {
    std::uint64_t told = 0;
    hw::run_job(*engine_, [&] {
      if (engine_->delivered() == told) return;
      told = engine_->delivered();
      delivered_(told, hw::now());
    });
    finished_ = true;
    sc_core::sc_stop();
  });
}

std::string Machine::state() const {
  return fmt::format("{} of {} samples delivered", engine_->in_time(), samples_);
}

RunRecord Machine::simulate(std::optional<std::uint64_t> max_cycles) {
  core::run_kernel([this] { return finished_ || failure_ != nullptr; }, max_cycles,
                   [this] { return state(); });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  return engine_->record();
}

}  // namespace sim::poetbin
