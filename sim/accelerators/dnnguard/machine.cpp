#include "sim/accelerators/dnnguard/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/core/kernel.h"
#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"
#include "sim/hw/run_job.h"

namespace sim::dnnguard {

namespace {

/// So that an engine that steps can be interrupted during a long job.
constexpr std::uint64_t kCyclesBetweenReports = 1024;

}  // namespace

Machine::Machine(const sc_core::sc_module_name& name, const Program& program, const Config& config,
                 std::unique_ptr<ArrayEngine> engine, Done done)
    : sc_module(name),
      program_(program),
      config_(config),
      engine_(std::move(engine)),
      done_(std::move(done)) {
  SC_THREAD(main);
}

void Machine::main() {
  hw::guard_process(failure_, [this] {
    for (std::uint64_t sample = 0; sample < program_.samples; ++sample) {
      for (const Job& job : program_.jobs) run(job);
    }
    finished_ = true;
    sc_core::sc_stop();
  });
}

void Machine::run(const Job& job) {
  if (jobs_ > 0 && config_.launch_cycles > 0) sc_core::wait(hw::cycles(config_.launch_cycles));
  engine_->start(job.layers, hw::now());
  hw::run_job(*engine_, [this] {
    if (hw::now() % kCyclesBetweenReports == 0) done_(jobs_, hw::now());
  });
  std::ranges::move(engine_->records(), std::back_inserter(record_.layers));
  done_(++jobs_, hw::now());
}

RunRecord Machine::simulate(std::optional<std::uint64_t> max_cycles) {
  core::run_kernel([this] { return finished_ || failure_ != nullptr; }, max_cycles,
                   [this] {
                     return fmt::format("{} of {} operators done", jobs_,
                                        program_.samples * program_.jobs.size());
                   });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  record_.cycles = hw::now();
  return std::move(record_);
}

}  // namespace sim::dnnguard
