#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

/// What skipping ahead needs to know of a block, whatever the window, load width and tokens.
struct Occupancy {
  explicit Occupancy(const EncodedBlock& block);
};

}  // namespace sim::optimus
