#pragma once

namespace sim::app {

/// What the program returns to the shell; also stated in `lockstep --help` and README.md.
enum ExitCode : int {
  kOk = 0,
  kCheckFailed = 1,   // the simulation broke one of its own rules, or differs from the reference
  kUserMistake = 2,   // command line, configuration, workload or trace
  kFileTrouble = 3,   // a file cannot be read or written, a full disk
  kOutOfMemory = 4,   // more memory is needed than there may be (--memory-limit)
  kInterrupted = 130  // SIGINT or SIGTERM
};

}  // namespace sim::app
