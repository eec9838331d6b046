#pragma once

#include <exception>
#include <systemc>

namespace sim::hw {

/// Runs the body of a SystemC process. The kernel must not see exceptions of ours: what the body
/// throws is kept in `failure`, for whoever started the kernel to throw again, and the kernel
/// stops.
template <class Body>
void guard_process(std::exception_ptr& failure, const Body& body) {
  try {
    body();
  } catch (const sc_core::sc_unwind_exception&) {
    throw;  // the kernel ends its processes with it
  } catch (...) {
    failure = std::current_exception();
    sc_core::sc_stop();
  }
}

}  // namespace sim::hw
