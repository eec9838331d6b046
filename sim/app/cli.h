#pragma once

namespace sim::app {

/// The program: parses the command line, runs the command and turns every error into one line on
/// stderr, `lockstep: error: …`, and an exit code.
int run_program(int argc, char** argv);

}  // namespace sim::app
