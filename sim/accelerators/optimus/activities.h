#pragma once

#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"
#include "sim/core/accelerator.h"
#include "sim/energy/activity.h"

namespace sim::optimus {

/// What the energy table prices of a run.
std::vector<energy::Activity> activities(const RunRecord& record, const Program& program,
                                         const Config& config);

/// What leaks and is clocked. The MAC array's registers are clocked while it has a command (clock
/// gating by unit). Those of the input window are a register file, whose accesses have the clock in
/// their price; it holds as many tokens as the largest tile of the run.
std::vector<energy::StaticPart> static_parts(const RunRecord& record, const Program& program,
                                             const Config& config);

/// The same events and parts without counts: what the energy table must have.
core::Priced priced(const Program& program, const Config& config);

}  // namespace sim::optimus
