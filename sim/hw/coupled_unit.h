#pragma once

#include <cstdint>
#include <exception>
#include <systemc>

#include "sim/hw/credit_queue.h"
#include "sim/hw/engine.h"

namespace sim::hw {

/// Runs an engine that neighbours interrupt on the kernel: it sleeps until the engine's next event,
/// or until a neighbour wakes it.
class CoupledUnit : public sc_core::sc_module, public Wakeable {
 public:
  /// `failure` keeps what the engine throws, for whoever started the kernel.
  CoupledUnit(const sc_core::sc_module_name& name, Engine& engine, std::exception_ptr& failure);

  void wake() override;
  /// Runs the engine up to and including the cycle in which the run ended.
  void finish(std::uint64_t last_cycle);
  /// How often the kernel called it.
  std::uint64_t events() const { return events_; }

 private:
  SC_HAS_PROCESS(CoupledUnit);
  void react();
  void sleep();

  Engine& engine_;
  std::exception_ptr& failure_;
  sc_core::sc_event changed_{"changed"};
  std::uint64_t done_until_ = 0;  // cycles before this one are done
  std::uint64_t events_ = 0;
};

}  // namespace sim::hw
