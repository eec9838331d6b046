#pragma once

#include <cstddef>
#include <optional>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// Which of its inputs a layer's unit takes part by part, while the array goes on with it: the
/// soft-max its scores, add+norm its second input and the elementwise unit the one that is made
/// last, where a matrix makes it row by row.
std::optional<std::size_t> fed_input(const Program& program, const Layer& layer,
                                     const Config& config);

}  // namespace sim::optimus
