#pragma once

#include <vector>

#include "sim/accelerators/optimus/machine.h"
#include "sim/core/accelerator.h"
#include "sim/energy/activity.h"

namespace sim::optimus {

/// What the energy table prices, from the counters of a machine that has run.
std::vector<energy::Activity> activities(const Machine& machine, const Config& config);

/// The same events and parts without counts: what the energy table must have.
core::Priced priced(const Program& program, const Config& config);

/// What leaks and is clocked. The MAC array's registers are clocked while it has a command (clock
/// gating by unit), those of the input window likewise.
std::vector<energy::StaticPart> static_parts(const Machine& machine, const Config& config,
                                             std::uint64_t cycles);

/// Bytes of the fullest weight bank.
std::uint64_t weight_bank_bytes(const Program& program, const Config& config);

}  // namespace sim::optimus
