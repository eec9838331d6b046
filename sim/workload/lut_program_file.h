#pragma once

#include "sim/workload/lut_program.h"
#include "sim/workload/tensor_file.h"

namespace sim::workload {

/// The program and the vectors of a LUT program file, all of the format's rules
/// (docs/lut-program.md) checked: what it returns can be evaluated without further checks, and no
/// LUT reads its own level or a later one. That the vectors are what the program computes is for
/// values::check_vectors. Throws WorkloadError "FILE: where: what is wrong; what is right".
LutTask read_lut_program(const TensorFile& file);

}  // namespace sim::workload
