#pragma once

#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"
#include "sim/energy/activity.h"

namespace sim::optimus {

/// What leaks, and what is clocked when:
///   registers of the MACs, and what controls them (an estimate): in the cycles in which the array
///     has a command (clock gating by unit);
///   pipelines of soft-max, add+norm and write port: in their busy cycles; while they wait for
///     inputs nothing moves in them;
///   input window: never. It is a register file, whose accesses have the clock in their price, and
///     holds as many tokens as the largest tile of the run.
std::vector<energy::StaticPart> static_parts(const RunRecord& record, const Program& program,
                                             const Config& config);

}  // namespace sim::optimus
