#pragma once

#include <stdexcept>
#include <string>

namespace sim::base {

/// Something the user gave is wrong: the message names file, line or key and says what would be
/// right.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A key of an architecture or energy file, or of a --set option.
class ConfigError : public UserError {
 public:
  using UserError::UserError;
};

/// A workload file or a trace.
class WorkloadError : public UserError {
 public:
  using UserError::UserError;
};

/// A file could not be read or written.
class FileError : public UserError {
 public:
  using UserError::UserError;
};

/// The user ended the run (Ctrl-C).
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The simulated machine broke one of its own rules (conservation, reference values, watchdog).
class SimulationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sim::base
