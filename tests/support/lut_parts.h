#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/workload/lut_program.h"
#include "tests/support/tensor_parts.h"

namespace sim::test {

/// A file of a LUT program in pieces: a test changes one and asks for the bytes.
struct LutParts {
  nlohmann::json metadata;  // all but program: schema, origin
  nlohmann::json program;
  TensorMap tensors;

  std::vector<std::byte> bytes() const;
};

/// The file that holds the task as docs/lut-program.md says; without vectors if it has no inputs.
LutParts lut_parts(const workload::LutTask& task);

}  // namespace sim::test
