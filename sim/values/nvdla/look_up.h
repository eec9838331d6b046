#pragma once

#include <cstdint>

#include "sim/workload/nvdla_layer.h"

namespace sim::values::nvdla {

/// Whose tables: they differ in how they interpolate and in the width of what they give.
enum class TablesOf { kSdp, kCdp };

/// What a pair of tables gives for x.
std::int32_t looked_up(const workload::nvdla::LookUp& tables, std::int64_t x, TablesOf unit);

}  // namespace sim::values::nvdla
