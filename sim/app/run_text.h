#pragma once

#include <string>
#include <vector>

#include "sim/report/result.h"

namespace sim::app {

/// What `lockstep run` says at the end: headlines with units and as time, the energy split, notes,
/// the speed of the simulation and where the files are.
std::string run_text(const report::Run& run, double host_seconds, const std::string& folder,
                     const std::vector<std::string>& files);

/// The same as one JSON document (docs/json.md).
std::string run_json(const report::Run& run, double host_seconds, const std::string& folder,
                     const std::vector<std::string>& files);

/// A number for people: a whole or large one with a space between thousands, others with 6 digits.
std::string readable(const core::Cell& value);

/// "3.2 M", "812.0 k", "17": to be followed by the unit.
std::string with_prefix(double value);

}  // namespace sim::app
