#pragma once

#include "sim/accelerators/dnnguard/unit_counters.h"
#include "tests/accelerators/dnnguard/rtl_rows.h"

namespace sim::dnnguard::test {

/// PDP alone behind the writes that the RTL's own convolution makes without it: the file
/// units-on-the-fly.csv.
std::vector<RtlRow> pool_rows();
/// The last output; where outputs come evenly, the first after SDP's first; beats written.
std::vector<Figure> compare_pool(const RtlRow& row);
std::vector<ComparedRow> compared_pools();

}  // namespace sim::dnnguard::test
