#pragma once

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// Maps a model to layers and encodes its weight matrices. Operators of one module that follow
/// each other and read the same input become one layer when fuse_shared_inputs is on (RCSC's
/// interleaved sub-matrices: each input element is loaded once for all of them). Throws
/// base::WorkloadError when the model needs something that the machine has not.
Program compile(const workload::Model& model, const Config& config);

}  // namespace sim::optimus
