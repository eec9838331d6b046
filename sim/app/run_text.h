#pragma once

#include <string>
#include <vector>

#include "sim/report/result.h"

namespace sim::app {

/// What `lockstep run` says at the end: headlines with units and as time, the energy split, notes,
/// the speed of the simulation and where the files are.
std::string run_text(const report::Run& run, double host_seconds, const std::string& folder,
                     const std::vector<std::string>& files);

/// A number for people: 7 digits at most, thousands apart by a space.
std::string readable(const core::Cell& value);

}  // namespace sim::app
