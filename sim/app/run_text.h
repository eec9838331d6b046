#pragma once

#include <string>
#include <vector>

#include "sim/report/result.h"

namespace sim::app {

/// Characters of a text of an input file, as its origin, that are shown.
constexpr std::size_t kMaxDescription = 1000;

/// What a run left in its folder: its files, and the new names of files of others that had to make
/// room.
struct Written {
  std::vector<std::string> files;
  std::vector<std::string> kept;
};

/// What `lockstep run` says at the end: headlines with units and as time, the splits of energy and
/// area, notes, the speed of the simulation and where the files are.
std::string run_text(const report::Run& run, double host_seconds, const std::string& folder,
                     const Written& written);

/// The same as one JSON document (docs/json.md).
std::string run_json(const report::Run& run, double host_seconds, const std::string& folder,
                     const Written& written);

/// One line about the area of a machine; nothing when it lists no parts. Node 0: mixed.
std::string area_sentence(const energy::Area& area, std::uint32_t node_nm);

/// A line for each.
std::string note_lines(const std::vector<std::string>& notes);

/// A number for people: a whole or large one with a space between thousands, others with 6 digits.
std::string readable(const core::Cell& value);

/// "3.2 M", "812.0 k", "17": to be followed by the unit.
std::string with_prefix(double value);

}  // namespace sim::app
