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

/// The same events, and static parts, without counts: what the energy table must have.
core::Priced priced(const Program& program, const Config& config);

}  // namespace sim::optimus
