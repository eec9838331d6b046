#pragma once

#include <functional>
#include <string>

#include "sim/app/exit_code.h"

namespace sim::app {

/// How something ended, in one line; no text when it is done.
struct Outcome {
  ExitCode code = kOk;
  std::string message;
};

/// Calls `act` and turns what it throws into the exit code and message of the program.
Outcome outcome_of(const std::function<void()>& act);

}  // namespace sim::app
