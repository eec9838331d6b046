#pragma once

#include <string>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/accelerators/poetbin/rtl/spatial_netlist.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin::rtl {

/// README.md of a generated folder of variant S.
std::string spatial_readme(const workload::LutProgram& program, const SpatialShape& shape);

/// … of variant T.
std::string fabric_readme(const Program& program, const Config& config, const BenchShape& bench);

}  // namespace sim::poetbin::rtl
