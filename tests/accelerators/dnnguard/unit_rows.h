#pragma once

#include <string>
#include <vector>

#include "sim/accelerators/dnnguard/unit_counters.h"
#include "sim/accelerators/dnnguard/unit_timing.h"
#include "sim/workload/nvdla_layer.h"
#include "tests/accelerators/dnnguard/rtl_rows.h"

namespace sim::dnnguard::test {

/// A configuration of nvdla/hw.
struct UnitConfiguration {
  ArrayGeometry geometry = kNvSmall;
  UnitRates rates = kNvSmallRates;
};
UnitConfiguration configuration(const std::string& name);

/// Of units-stand-alone.csv.
struct UnitRow : RtlRow {
  workload::nvdla::Layer layer;
  UnitMemory memory;
};

std::vector<UnitRow> unit_rows();

/// The last output, the other times, the beats: of what the row holds.
std::vector<Figure> compare(const UnitRow& row);
std::vector<ComparedRow> compared_units();

/// The skip engines on a stand-alone layer.
UnitCounters skipped(const workload::nvdla::Layer& layer, const UnitConfiguration& on,
                     const UnitMemory& memory);

}  // namespace sim::dnnguard::test
