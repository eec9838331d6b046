#pragma once

#include "sim/workload/lut_program.h"

namespace sim::workload {

/// The same function with less logic: outputs are equal for all inputs. To a fixed point (a second
/// call changes nothing):
///  - constants are propagated, and pins on which a table does not depend are dropped; two pins on
///    one signal become one;
///  - buffers are bypassed; inverters are absorbed into the tables that read them, and stay only
///    where an output of the program needs one;
///  - LUTs that compute the same function of the same signals, in whatever order of pins, are
///    merged into the first;
///  - LUTs that reach no output are removed, and so are levels without LUTs.
///
/// What is left keeps its level, its order, its labels and the order of its pins: live pins come
/// first, then constants 0, whose addresses hold 0. A level's fan-in is what its widest LUT needs.
/// Inputs keep their numbers. A program whose outputs are all inputs and constants has no levels.
LutProgram simplify(const LutProgram& program);

}  // namespace sim::workload
