#include "sim/core/kernel.h"

#include <fmt/format.h>

#include <systemc>

#include "sim/base/error.h"
#include "sim/hw/clock.h"

namespace sim::core {

void run_kernel(const std::function<bool()>& finished, std::optional<std::uint64_t> max_cycles,
                const std::function<std::string()>& states) {
  // sc_stop() would otherwise announce itself on the standard output.
  sc_core::sc_report_handler::set_actions(sc_core::SC_ID_SIMULATION_STOP_CALLED_TWICE_,
                                          sc_core::SC_DO_NOTHING);
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  if (max_cycles && *max_cycles <= hw::kMaxCycles) {
    // The kernel holds back what happens at the very end of the time it is given.
    sc_core::sc_start(hw::cycles(*max_cycles) + sc_core::sc_time::from_value(1));
  } else {
    sc_core::sc_start();
  }
  if (finished()) return;
  const bool limited = max_cycles && hw::now() >= *max_cycles;
  throw base::SimulationError(fmt::format("{} in cycle {}; {}",
                                          limited ? "--max-cycles reached" : "no unit can go on",
                                          hw::now(), states()));
}

}  // namespace sim::core
