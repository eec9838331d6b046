#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <systemc>

#include "sim/accelerators/dnnguard/array_engine.h"
#include "sim/accelerators/dnnguard/program.h"
#include "sim/accelerators/dnnguard/run_record.h"

namespace sim::dnnguard {

/// The array on the kernel's clock. Its units are one process: a job's units feed each other
/// without a queue in which one could run ahead of another, and jobs wait for one another.
class Machine : public sc_core::sc_module {
 public:
  /// Told after each job, and now and then during one that is stepped through, how many are done;
  /// may throw to end the run.
  using Done = std::function<void(std::uint64_t jobs, std::uint64_t cycle)>;

  Machine(const sc_core::sc_module_name& name, const Program& program, const Config& config,
          std::unique_ptr<ArrayEngine> engine, Done done);

  /// base::SimulationError when it reaches max_cycles, or what `done` threw.
  RunRecord simulate(std::optional<std::uint64_t> max_cycles);

 private:
  SC_HAS_PROCESS(Machine);
  void main();
  void run(const Job& job);

  const Program& program_;
  const Config& config_;
  std::unique_ptr<ArrayEngine> engine_;
  Done done_;
  RunRecord record_;
  std::uint64_t jobs_ = 0;  // done
  bool finished_ = false;
  std::exception_ptr failure_;
};

}  // namespace sim::dnnguard
