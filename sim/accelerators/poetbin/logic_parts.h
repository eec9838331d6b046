#pragma once

#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/energy/activity.h"

namespace sim::poetbin {

/// The logic of a chip with this machine, beside the registers and memories of the static parts.
///   Spatial: each LUT of each level, whose wires are fixed and whose table can be written.
///   routes: what brings bits to the pins of routed LUTs. Columns: each pin takes any feature.
///   Fabric without banks: each pin any bit of the context that is gathered. With banks: each pin
///   what any port of any bank reads, and each port the address of any pin.
///   argmax: of each class but one a comparison of scores that chooses score and class.
///
/// Not listed: sequencer and arbitration of banks, the way of the looked-up bits back into the bit
/// file, writing of tables and routes.
std::vector<energy::LogicPart> logic_parts(const Program& program, const Config& config);

}  // namespace sim::poetbin
