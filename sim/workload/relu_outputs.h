#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/workload/network.h"
#include "sim/workload/sparsity.h"

namespace sim::workload {

/// Operators behind whose ReLU a linear layer or the output projection reads, each once, in order.
std::vector<std::uint32_t> relu_operators(const Network& model);

/// Which outputs of a ReLU are not zero in a task without values, [positions x rows]: drawn with
/// the task's relu_density from its seed, the operator's name and the sentence's number, one on its
/// own. Null when none is zero.
std::shared_ptr<const Mask> drawn_relu_outputs(const NetworkTask& task, std::uint32_t op,
                                               const Sample& sentence);

}  // namespace sim::workload
