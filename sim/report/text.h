#pragma once

#include <string>

#include "sim/core/accelerator.h"

namespace sim::report {

/// A number as all result files write it: '.' decimals, no grouping, the shortest text that reads
/// back as the same value. A value that is not finite is a failed check.
std::string cell_text(const core::Cell& cell);

/// The value as JSON: a number, a string, or null.
nlohmann::ordered_json cell_json(const core::Cell& cell);

/// One header line, then one line a row (RFC 4180 quoting, '\n' at the end of each line). A text
/// that begins with = + - @, a tab or a carriage return, and is no number, gets a ' in front.
std::string csv(const core::Table& table);

/// Text of a JSON document as all result files write it: two spaces, one '\n' at the end.
std::string json_text(const nlohmann::ordered_json& document);

/// The same for the standard output: every character beyond printable ASCII is escaped, so that
/// nothing from a file acts on a terminal.
std::string ascii_json_text(const nlohmann::ordered_json& document);

}  // namespace sim::report
