#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/commands.h"

namespace sim::app {

/// Turns the arguments of one `lockstep run`, "run" first, into a request; base::UserError for
/// others.
using ParseRun = std::function<RunRequest(const std::vector<std::string>&)>;
/// Writes a line to the caller at once.
using Answer = std::function<void(const std::string&)>;

/// Runs jobs one after the other, each the arguments of a `lockstep run` as a JSON list on a line
/// of `jobs`, and answers each with a line {"code": exit code, "message": text of the failure}.
/// The workload and its mapping are made here, once for jobs in a row that have them in common;
/// each job then runs in a process of its own, forked from this one, and writes what `lockstep run`
/// writes. A job that takes more than `seconds` is ended: with code 124 in its answer, or with that
/// exit code of this process while it works on what is shared.
void batch(std::istream& jobs, std::optional<double> seconds, const ParseRun& parse,
           const Answer& answer);

/// For each such line what it can share: {"workload": text, "mapping": text}, both empty for a job
/// that will be refused.
void plan(std::istream& jobs, const ParseRun& parse, const Answer& answer);

}  // namespace sim::app
