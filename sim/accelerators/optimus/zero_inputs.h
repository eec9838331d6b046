#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "sim/accelerators/optimus/program.h"
#include "sim/workload/sparsity.h"

namespace sim::optimus {

/// For a machine that skips zero inputs: those of a sparse layer that are not zero in a sentence
/// (its place in the run; of products by themselves the layer), [positions x columns]. Null: none
/// is zero. Positions are the source's, or for decoder layers the target's.
using NonzeroInputs =
    std::function<std::shared_ptr<const workload::Mask>(std::size_t sentence, std::uint32_t layer)>;

/// Kept weights times tokens of those columns of a command that its tiles leave out because their
/// input is zero for every token of the tile. From the model's masks, whatever the array's format.
std::uint64_t skipped_macs(const Command& command, const Layer& layer);

}  // namespace sim::optimus
