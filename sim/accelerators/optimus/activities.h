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

/// The same events without counts, and the parts of a machine whose window holds so many tokens:
/// what the energy table must have.
core::Priced priced(const Program& program, const Config& config, std::uint32_t tile_tokens);

}  // namespace sim::optimus
