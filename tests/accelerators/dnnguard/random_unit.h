#pragma once

#include "sim/base/rng.h"
#include "tests/accelerators/dnnguard/unit_rows.h"

namespace sim::dnnguard::test {

/// A stand-alone SDP, PDP or CDP layer, a geometry and a memory for it.
struct RandomUnit {
  workload::nvdla::Layer layer;
  UnitConfiguration on;
  UnitMemory memory;
};

RandomUnit random_unit(base::Rng& rng);

}  // namespace sim::dnnguard::test
