#include "sim/core/kernel.h"

#include <fmt/format.h>

#define SC_INCLUDE_DYNAMIC_PROCESSES
#include <systemc>

#include "sim/base/error.h"
#include "sim/hw/clock.h"

namespace sim::core {
namespace {

void end_processes(const std::vector<sc_core::sc_object*>& objects) {
  for (sc_core::sc_object* object : objects) {
    sc_core::sc_process_handle process(object);
    if (process.valid() && process != sc_core::sc_get_current_process_handle()) process.kill();
    end_processes(object->get_child_objects());
  }
}

/// The kernel frees the stack of a process that waits without unwinding it: what the process holds
/// would never be given back. Only a process can end another one.
void abandon() {
  sc_core::sc_spawn([] { end_processes(sc_core::sc_get_top_level_objects()); });
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

}  // namespace

void run_kernel(const std::function<bool()>& finished, std::optional<std::uint64_t> max_cycles,
                const std::function<std::string()>& states) {
  // sc_stop() would otherwise announce itself on the standard output.
  sc_core::sc_report_handler::set_actions(sc_core::SC_ID_SIMULATION_STOP_CALLED_TWICE_,
                                          sc_core::SC_DO_NOTHING);
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  if (max_cycles && *max_cycles <= hw::kMaxCycles) {
    // The kernel holds back what happens at the very end of the time it is given.
    sc_core::sc_start(hw::cycles(*max_cycles) + sc_core::sc_time::from_value(1),
                      sc_core::SC_EXIT_ON_STARVATION);
  } else {
    sc_core::sc_start();
  }
  if (finished()) return;
  const bool limited = sc_core::sc_pending_activity();
  const std::string message =
      fmt::format("{} in cycle {}; {}", limited ? "--max-cycles reached" : "no unit can go on",
                  limited ? *max_cycles : hw::now(), states());
  abandon();
  throw base::SimulationError(message);
}

}  // namespace sim::core
