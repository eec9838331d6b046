#pragma once

#include <string>

#include "sim/workload/lut_program.h"
#include "sim/workload/tensor_reader.h"

namespace sim::workload {

/// Reads the tensors vectors.* of a LUT program file, which come as a group or not at all: inputs
/// and scores; the outputs of every level for the first samples, or of none; right classes, or
/// none. Checks shapes, pad bits and ranges. Throws WorkloadError.
void read_vectors(const LutProgram& program, TensorReader& tensors, const std::string& file,
                  LutVectors& vectors);

}  // namespace sim::workload
