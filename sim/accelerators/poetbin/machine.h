#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <systemc>

#include "sim/accelerators/poetbin/run_engine.h"

namespace sim::poetbin {

/// Source, machine and sink on the kernel's clock. They are one process: with one enable for all
/// registers, or a ready that goes through the whole machine in a cycle, no part of it is free to
/// run ahead of another.
class Machine : public sc_core::sc_module {
 public:
  /// Told after each event how many samples were delivered; may throw to end the run.
  using Delivered = std::function<void(std::uint64_t samples, std::uint64_t cycle)>;

  Machine(const sc_core::sc_module_name& name, std::unique_ptr<RunEngine> engine,
          std::uint64_t samples, Delivered delivered);

  /// Runs all samples; base::SimulationError when it reaches max_cycles, or what `delivered` threw.
  RunRecord simulate(std::optional<std::uint64_t> max_cycles);

 private:
  SC_HAS_PROCESS(Machine);
  void main();
  std::string state() const;

  std::unique_ptr<RunEngine> engine_;
  const std::uint64_t samples_;
  Delivered delivered_;
  bool finished_ = false;
  std::exception_ptr failure_;
};

}  // namespace sim::poetbin
